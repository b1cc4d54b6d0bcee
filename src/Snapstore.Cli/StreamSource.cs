using Snapstore.Backup;
using Snapstore.Repositories;
using Snapstore.Sources;
using Snapstore.Sources.Split;

namespace Snapstore.Cli;

/// <summary>The sources `-` and `exec:` of the verb `snapshot`.</summary>
internal static class StreamSource
{
    /// <summary>The stream among the sources; null where all are paths.</summary>
    /// <exception cref="UsageException">A stream stands beside other sources.</exception>
    public static string? Kind(string[] sources)
    {
        string? stream = sources.FirstOrDefault(source => source is InputFile.StandardInput or ProgramArguments.ExecuteSource);
        return stream is null || sources.Length == 1
            ? stream
            : throw new UsageException($"the source {stream} stands alone: one stream makes one snapshot");
    }

    /// <summary>The file's name in the snapshot.</summary>
    /// <exception cref="UsageException">It is missing or cannot be a name.</exception>
    public static byte[] Name(string? argument, string stream)
    {
        byte[] name = RawText.ToBytes(argument ?? throw new UsageException($"the source {stream} needs a name for its file: --name NAME"));
        bool isName = name.Length > 0 && !name.Contains((byte)0)
            && InputFile.Split(name, (byte)'/') is { Count: > 0 } parts
            && parts.All(part => part.Length <= Limits.NameSizeMax && !part.AsSpan().SequenceEqual("."u8) && !part.AsSpan().SequenceEqual(".."u8));
        return isName ? name : throw new UsageException($"'{Escaped.Text(argument)}' cannot be the name of a file");
    }

    /// <summary>The forms that --split knows.</summary>
    public static string[] SplitNames => ["tar", "xbstream", "pg_dump"];

    /// <summary>The form that --split names; null where it is not given.</summary>
    public static SplitFormat? Format(string? split) => split switch
    {
        null => null,
        "tar" => SplitFormat.Tar,
        "xbstream" => SplitFormat.Xbstream,
        _ => SplitFormat.PgDump,
    };

    /// <summary>Takes the snapshot.</summary>
    public static BackupReport Run(
        CommandContext context, Repository repository, StreamRequest request, BackupOptions options, RunProgress progress)
    {
        if (request.Stream == InputFile.StandardInput)
        {
            using Stream input = StandardInput.Open(context.Cancel);
            return Run(context, repository, request, new OpenedStream(input, [], null), options, progress);
        }

        string[] words = [.. context.Arguments.Command.Select(word => InputFile.RequireText(word, "a word of the command"))];
        if (words.Length == 0)
            throw new UsageException("the source exec: needs a command: snapstore snapshot exec: --name NAME -- COMMAND ARGUMENTS");
        using CommandStream command = CommandStream.Start(words, context.Output.PassErrorOn, context.Time);
        using CancellationTokenRegistration ended = context.Cancel.Register(command.Stop);
        try
        {
            return Run(context, repository, request, new OpenedStream(command.Output, words, command), options, progress);
        }
        catch (SourceException) when (context.Cancel.IsCancellationRequested)
        {
            // The command failed because it was interrupted, as we were.
            throw new OperationCanceledException(context.Cancel);
        }
    }

    private static BackupReport Run(
        CommandContext context, Repository repository, StreamRequest request, OpenedStream stream, BackupOptions options, RunProgress progress)
    {
        if (request.Split is { } format)
        {
            using SplitSource source = new(format, request.Name, stream.Content, stream.Command);
            return SourceBackup.Run(repository, source, options, progress, context.Time, context.Cancel);
        }

        StreamSelection selection = stream.Command is { } command
            ? new(request.Name, stream.Content, stream.Words, command.Outcome)
            : new(request.Name, stream.Content);
        BackupReport report = StreamBackup.Run(repository, selection, options, progress, context.Time, context.Cancel);
        if (report.Manifest.Counts.Bytes == 0)
            context.Output.Warning("the stream was empty: where a program that writes it fails, a pipe hides that; exec: sees it");
        return report;
    }

    private sealed record OpenedStream(Stream Content, string[] Words, CommandStream? Command);
}

/// <summary>A stream to be captured.</summary>
/// <param name="Stream">`-` or `exec:`.</param>
/// <param name="Name">Its name in the snapshot.</param>
/// <param name="Split">How it is taken apart; null for one file.</param>
internal sealed record StreamRequest(string Stream, byte[] Name, SplitFormat? Split);
