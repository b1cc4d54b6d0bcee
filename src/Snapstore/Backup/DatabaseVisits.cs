using Snapstore.Formats;
using Snapstore.Posix;
using Snapstore.Sources;

namespace Snapstore.Backup;

/// <summary>What a merge knows of the databases that it meets: which are read consistently, and which files belong to them.</summary>
/// <remarks>Names come in order, so that all that begin with a database's name follow it at once: only databases whose name
/// the present one begins with are remembered.</remarks>
internal sealed class DatabaseVisits(DatabaseFiles? databases, BackupNotes notes)
{
    private byte[] _first = [];
    private long _captured;

    /// <summary>True for a file whose content is in the database that it belongs to.</summary>
    public bool IsPart(DirectoryFrame frame, ReadOnlySpan<byte> name)
    {
        List<MetDatabase> met = frame.Databases;
        while (met.Count > 0 && !name.StartsWith(met[^1].Name))
            met.RemoveAt(met.Count - 1);
        foreach (MetDatabase database in met)
        {
            if (IsEnding(name[database.Name.Length..]))
                return database.How == DatabaseCapture.Consistent || (database.How == DatabaseCapture.Unread && IsDatabase(frame, database.Name));
        }

        return false;
    }

    /// <summary>The metadata of a file, with the times of its write-ahead log where that was written to later. Together they
    /// make a content whose length is not that of the file, so that only the times tell whether it is the parent's.</summary>
    public FileStat WithLog(DirectoryFrame frame, ReadOnlySpan<byte> name, in FileStat stat, TreeEntry? parent)
    {
        if (!MayBeDatabase(stat))
            return stat;
        bool hasLog = frame.Opener.Open().TryStat([.. name, .. DatabaseFiles.LogEnding], out FileStat log);
        return hasLog && log is { Kind: FileKind.File, Size: > 0 } ? stat.With(log, parent is { Size: > 0 } ? parent.Size : stat.Size) : stat;
    }

    /// <summary>Remembers a file that is as it was in the parent.</summary>
    public void Pass(DirectoryFrame frame, ReadOnlySpan<byte> name, in FileStat stat)
    {
        if (MayBeDatabase(stat))
            frame.Databases.Add(new MetDatabase(name.ToArray(), DatabaseCapture.Unread));
    }

    /// <summary>What opens a file consistently; null for one that is no database, or that can only be read as a file.</summary>
    public IFileOpener? TryOpener(DirectoryFrame frame, byte[] name, byte[] path, in FileStat stat)
    {
        if (!MayBeDatabase(stat) || !IsDatabase(frame, name))
            return null;
        string? refusal = stat.LinkCount > 1
            ? "it has several names, and its log belongs to one of them"
            : databases!.Refusal(path, frame.Opener.Open().OpenForReading(name));
        if (refusal is not null)
        {
            notes.Warn(path, $"a database, captured as the file it is, for it cannot be read consistently: {refusal}");
            frame.Databases.Add(new MetDatabase(name, DatabaseCapture.File));
            return null;
        }

        frame.Databases.Add(new MetDatabase(name, DatabaseCapture.Consistent));
        if (_captured++ == 0)
            _first = path;
        return new DatabaseFileOpener(databases!, frame.Opener.Open().AddReference(), name, path, stat);
    }

    /// <summary>Says how many databases were read consistently.</summary>
    public void Finish()
    {
        string more = _captured > 1 ? $" (and so {_captured - 1} more)" : "";
        if (_captured > 0)
            notes.Note(_first, $"a SQLite database, captured in one consistent state with what was in its log{more}; --databases files captures databases as any file");
    }

    private bool MayBeDatabase(in FileStat stat) => databases is not null && stat.Size > 0 && stat.Size % DatabaseFiles.SizeUnit == 0;

    private bool IsDatabase(DirectoryFrame frame, byte[] name)
    {
        FileHandle file = frame.Opener.Open().OpenForReading(name);
        FileStat stat = file.Stat();
        try
        {
            Span<byte> start = stackalloc byte[DatabaseFiles.StartLength];
            return stat.Kind == FileKind.File && file.Read(0, start) == start.Length && databases!.IsDatabase(start);
        }
        finally
        {
            HeldFiles.Close(file, stat);
        }
    }

    private static bool IsEnding(ReadOnlySpan<byte> rest)
    {
        foreach (byte[] ending in DatabaseFiles.Endings)
        {
            if (rest.SequenceEqual(ending))
                return true;
        }

        return false;
    }
}

/// <summary>How a file that may be a database is captured.</summary>
internal enum DatabaseCapture
{
    /// <summary>In one consistent state, with what is in the files beside it.</summary>
    Consistent = 1,

    /// <summary>As the file it is.</summary>
    File = 2,

    /// <summary>As it was in the parent; whether it is a database was not looked at.</summary>
    Unread = 3,
}

/// <summary>A file beside which others may lie that belong to it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="How">How it is captured.</param>
internal readonly record struct MetDatabase(byte[] Name, DatabaseCapture How);
