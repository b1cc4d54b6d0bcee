using System.IO.Compression;
using System.Text;
using System.Text.Unicode;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Text;

namespace Snapstore.Browse;

/// <summary>Writes a snapshot, or a part of it, as a zip archive: contents, modes, symbolic links and times to two
/// seconds; what zip cannot hold is a warning. Owners, attributes and holes are lost without one.</summary>
public sealed class ZipExport : IDisposable
{
    private const int NameSizeMax = ushort.MaxValue;
    private const int TypeFile = 0x8000, TypeDirectory = 0x4000, TypeSymlink = 0xA000;
    private const int DosDirectory = 0x10;
    private const int ModeShift = 16;

    // What the format's date field can say.
    private static readonly DateTime TimeMin = new(1980, 1, 1), TimeMax = new(2107, 12, 31, 23, 59, 58);

    private readonly ContentReader _contents;
    private readonly ExportWalk _walk;
    private readonly ZipArchive _zip;
    private readonly HardLinks _links = new();
    private readonly ExportOptions _options;
    private readonly CancellationToken _cancel;
    private long _entries;
    private long _bytes;
    private long _warnings;
    private bool _isWhole;

    private ZipExport(
        Repository repository, SnapshotPath selection, Stream output, ExportOptions options, CancellationToken cancel)
    {
        _contents = new ContentReader(repository, options.Workers);
        _walk = new ExportWalk(repository, selection, _contents);
        _zip = new ZipArchive(output, ZipArchiveMode.Create, leaveOpen: true);
        _options = options;
        _cancel = cancel;
    }

    /// <summary>Writes the archive.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="selection">What is to be written: of a directory what is in it, anything else itself.</param>
    /// <param name="output">Where to; need not be seekable; not disposed of.</param>
    /// <param name="options">How.</param>
    /// <param name="cancel">Stops it; the archive is then cut off.</param>
    /// <exception cref="CorruptDataException">Content is missing or damaged; the archive is cut off there.</exception>
    public static ExportReport Run(
        Repository repository, SnapshotPath selection, Stream output, ExportOptions options, CancellationToken cancel)
    {
        using ZipExport export = new(repository, selection, output, options, cancel);
        foreach (ExportMember member in export._walk.Members())
            export.Write(member.Name, member.Entry);
        export._isWhole = true;
        return new ExportReport(export._entries, export._bytes, export._warnings);
    }

    /// <inheritdoc/>
    /// <remarks>Ends the archive only where all was written: one cut off by a failure must not look whole.</remarks>
    public void Dispose()
    {
        _contents.Dispose();
        if (_isWhole)
            _zip.Dispose();
    }

    private void Write(byte[] name, TreeEntry entry)
    {
        _cancel.ThrowIfCancellationRequested();
        string path = PrintablePath.Of(name);
        if (entry.Kind is EntryKind.Fifo or EntryKind.CharacterDevice or EntryKind.BlockDevice)
        {
            Warn($"{path}: zip cannot hold a {(entry.Kind == EntryKind.Fifo ? "named pipe" : "device")}; it was left out");
            return;
        }

        if (name.Length >= NameSizeMax)
        {
            Warn($"{path}: zip cannot hold a name of {name.Length} bytes; it was left out");
            return;
        }

        if (_links.FirstName(name, entry) is { } first)
            Warn($"{path}: zip cannot hold a hard link; it is a copy of {PrintablePath.Of(first)}");
        WriteMember(name, path, entry);
    }

    private void WriteMember(byte[] name, string path, TreeEntry entry)
    {
        bool isDirectory = entry.Kind == EntryKind.Directory;
        string suffix = isDirectory ? "/" : "";
        // A directory and a link have nothing to compress.
        CompressionLevel level = entry.Kind == EntryKind.File ? CompressionLevel.Optimal : CompressionLevel.NoCompression;
        ZipArchiveEntry member = _zip.CreateEntry(NameOf(name, path) + suffix, level);
        member.LastWriteTime = TimeOf(entry.Mtime);
        member.ExternalAttributes = AttributesOf(entry);
        if (!isDirectory)
        {
            using Stream content = member.Open();
            if (entry.Kind == EntryKind.Symlink)
                content.Write(entry.Target);
            else
                _contents.CopyTo(entry, path, content, _cancel);
        }

        _entries++;
        _bytes += entry.Size;
    }

    private string NameOf(byte[] name, string path)
    {
        if (Utf8.IsValid(name))
            return Encoding.UTF8.GetString(name);
        Warn($"{path}: zip holds names in UTF-8 only; it is stored under this escaped name");
        return path;
    }

    private void Warn(string what)
    {
        _warnings++;
        _options.Warn(what);
    }

    private static int AttributesOf(TreeEntry entry)
    {
        int type = entry.Kind switch
        {
            EntryKind.Directory => TypeDirectory,
            EntryKind.Symlink => TypeSymlink,
            _ => TypeFile,
        };
        return unchecked((type | entry.Mode) << ModeShift) | (type == TypeDirectory ? DosDirectory : 0);
    }

    private DateTimeOffset TimeOf(EntryTime time)
    {
        long seconds = Math.Clamp(time.Seconds, DateTimeOffset.MinValue.ToUnixTimeSeconds(), DateTimeOffset.MaxValue.ToUnixTimeSeconds());
        DateTime local = TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeSeconds(seconds), _options.Zone).DateTime;
        return new DateTimeOffset(local < TimeMin ? TimeMin : local > TimeMax ? TimeMax : local, TimeSpan.Zero);
    }
}
