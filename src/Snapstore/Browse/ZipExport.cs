using System.Text;
using System.Text.Unicode;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Text;

namespace Snapstore.Browse;

/// <summary>Writes a snapshot, or a part of it, as a zip archive: contents, modes, numbers of owners, symbolic
/// links and times to the second; what zip cannot hold is a warning. Attributes and holes are lost without one.</summary>
public sealed class ZipExport : IDisposable
{
    private const int NameSizeMax = ushort.MaxValue;
    private const int TypeFile = 0x8000, TypeDirectory = 0x4000, TypeSymlink = 0xA000;

    // What the format's date field can say.
    private static readonly DateTime TimeMin = new(1980, 1, 1), TimeMax = new(2107, 12, 31, 23, 59, 58);

    private readonly ContentReader _contents;
    private readonly ExportWalk _walk;
    private readonly ZipWriter _zip;
    private readonly HardLinks _links = new();
    private readonly ExportOptions _options;
    private readonly CancellationToken _cancel;
    private long _entries;
    private long _bytes;
    private long _warnings;

    private ZipExport(
        Repository repository, SnapshotPath selection, Stream output, ExportOptions options, CancellationToken cancel)
    {
        _contents = new ContentReader(repository, options.Workers);
        _walk = new ExportWalk(repository, selection, _contents);
        _zip = new ZipWriter(output);
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
        export._zip.Finish();
        return new ExportReport(export._entries, export._bytes, export._warnings);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _contents.Dispose();
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

        byte[] stored = NameOf(name, path);
        if (entry.Kind == EntryKind.Directory)
            stored = [.. stored, (byte)'/'];
        if (stored.Length > NameSizeMax)
        {
            Warn($"{path}: zip cannot hold a name of {stored.Length} bytes; it was left out");
            return;
        }

        if (_links.FirstName(name, entry) is { } first)
            Warn($"{path}: zip cannot hold a hard link; it is a copy of {PrintablePath.Of(first)}");
        WriteMember(stored, path, entry);
    }

    private void WriteMember(byte[] stored, string path, TreeEntry entry)
    {
        ZipMember member = new(stored, TypeOf(entry.Kind) | entry.Mode, entry, TimeOf(entry.Mtime));
        if (entry.Kind == EntryKind.File && entry.Size > 0)
            _zip.Add(member, entry.Size, content => _contents.CopyTo(entry, path, content, _cancel));
        else
            _zip.Add(member, entry.Target);
        _entries++;
        _bytes += entry.Size;
    }

    private byte[] NameOf(byte[] name, string path)
    {
        if (Utf8.IsValid(name))
            return name;
        Warn($"{path}: zip holds names in UTF-8 only; it is stored under this escaped name");
        return Encoding.UTF8.GetBytes(path);
    }

    private void Warn(string what)
    {
        _warnings++;
        _options.Warn(what);
    }

    private static int TypeOf(EntryKind kind) => kind switch
    {
        EntryKind.Directory => TypeDirectory,
        EntryKind.Symlink => TypeSymlink,
        _ => TypeFile,
    };

    private DateTime TimeOf(EntryTime time)
    {
        long seconds = Math.Clamp(time.Seconds, DateTimeOffset.MinValue.ToUnixTimeSeconds(), DateTimeOffset.MaxValue.ToUnixTimeSeconds());
        DateTime local = TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeSeconds(seconds), _options.Zone).DateTime;
        return local < TimeMin ? TimeMin : local > TimeMax ? TimeMax : local;
    }
}
