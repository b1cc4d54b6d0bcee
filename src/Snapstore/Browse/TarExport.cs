using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Text;

namespace Snapstore.Browse;

/// <summary>Writes a snapshot, or a part of it, as a tar archive that GNU tar restores to the same tree.</summary>
public sealed class TarExport : IDisposable
{
    private readonly ContentReader _contents;
    private readonly ExportWalk _walk;
    private readonly TarWriter _tar;
    private readonly HardLinks _links = new();
    private readonly CancellationToken _cancel;
    private long _entries;
    private long _bytes;

    private TarExport(Repository repository, SnapshotPath selection, Stream output, ExportOptions options, CancellationToken cancel)
    {
        _contents = new ContentReader(repository, options.Workers);
        _walk = new ExportWalk(repository, selection, _contents);
        _tar = new TarWriter(output);
        _cancel = cancel;
    }

    /// <summary>Writes the archive.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="selection">What is to be written: of a directory what is in it, anything else itself.</param>
    /// <param name="output">Where to; need not be seekable; not disposed of.</param>
    /// <param name="options">How; a tar archive holds everything, so nothing is warned of.</param>
    /// <param name="cancel">Stops it; the archive is then cut off.</param>
    /// <exception cref="CorruptDataException">Content is missing or damaged; the archive is cut off there.</exception>
    public static ExportReport Run(
        Repository repository, SnapshotPath selection, Stream output, ExportOptions options, CancellationToken cancel)
    {
        using TarExport export = new(repository, selection, output, options, cancel);
        foreach (ExportMember member in export._walk.Members())
            export.Write(member.Name, member.Entry);
        export._tar.Finish();
        return new ExportReport(export._entries, export._bytes, 0);
    }

    /// <inheritdoc/>
    public void Dispose() => _contents.Dispose();

    private void Write(byte[] name, TreeEntry entry)
    {
        _cancel.ThrowIfCancellationRequested();
        _entries++;
        if (_links.FirstName(name, entry) is { } first)
            _tar.Begin(name, TarWriter.HardLink, entry, first, 0);
        else if (entry.Kind == EntryKind.File)
            WriteFile(name, entry);
        else if (entry.Kind == EntryKind.Directory)
            _tar.Begin([.. name, (byte)'/'], TarWriter.Directory, entry, [], 0);
        else
            _tar.Begin(name, TypeOf(entry), entry, entry.Target, 0);
    }

    private static char TypeOf(TreeEntry entry) => entry.Kind switch
    {
        EntryKind.Symlink => TarWriter.Symlink,
        EntryKind.Fifo => TarWriter.Fifo,
        EntryKind.CharacterDevice => TarWriter.CharacterDevice,
        EntryKind.BlockDevice => TarWriter.BlockDevice,
        _ => throw new InvalidOperationException($"an entry of kind {entry.Kind} has no place in an archive"),
    };

    private void WriteFile(byte[] name, TreeEntry file)
    {
        string what = PrintablePath.Of(name);
        bool isSparse = file.Content.Inline is null && _contents.Items(file, what).Any(item => item.IsHole);
        if (isSparse)
        {
            SparseMap map = new(() => _contents.Items(file, what), file.Size);
            _tar.BeginSparse(name, file, checked(map.MapSize + map.DataSize));
            map.Write(_tar);
        }
        else
        {
            _tar.Begin(name, TarWriter.File, file, [], file.Size);
        }

        foreach (ContentPiece piece in _contents.Pieces(file, what))
        {
            _cancel.ThrowIfCancellationRequested();
            _tar.Write(piece.Bytes.Span);
        }

        _tar.Pad();
        _bytes += file.Size;
    }
}
