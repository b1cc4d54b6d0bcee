using Snapstore.Formats;

namespace Snapstore.Sources.Split;

/// <summary>A stream that is taken apart into the files it is made of (spec/split.md), so that each is cut from its own start.</summary>
/// <param name="format">What the stream is.</param>
/// <param name="name">The directory that the files go to (raw bytes, may hold '/'), and what the snapshot is of.</param>
/// <param name="content">The bytes; read to the end, not disposed of.</param>
/// <param name="command">The command whose output it is; null for standard input. Not disposed of.</param>
public sealed class SplitSource(SplitFormat format, byte[] name, Stream content, CommandStream? command = null) : ISource
{
    /// <inheritdoc/>
    public SourceKind Kind => command is null ? SourceKind.Stream : SourceKind.Command;

    /// <inheritdoc/>
    public byte[] Name => name;

    /// <inheritdoc/>
    public SourceFacts Facts { get; private set; } = new();

    /// <inheritdoc/>
    public void Capture(ISourceTree tree, CancellationToken cancel)
    {
        ByteInput input = new(content, What);
        try
        {
            Take(input, tree, cancel);
        }
        catch (SourceException) when (command is not null && input.HasEnded)
        {
            // A command that failed is why its output is cut short, and better told than that.
            _ = command.Outcome();
            throw;
        }

        Facts = new SourceFacts(Command: command?.Outcome());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private string What => format switch
    {
        SplitFormat.Tar => "tar archive",
        SplitFormat.Xbstream => "xbstream",
        _ => "dump",
    };

    private void Take(ByteInput input, ISourceTree tree, CancellationToken cancel)
    {
        byte[] top = name.AsSpan().Trim((byte)'/').ToArray();
        switch (format)
        {
            case SplitFormat.Tar:
                new TarSplit(input, tree, top).Run(cancel);
                break;
            case SplitFormat.Xbstream:
                new XbstreamSplit(input, tree, top).Run(cancel);
                break;
            default:
                new PgDumpSplit(input, tree, top).Run(cancel);
                break;
        }
    }
}
