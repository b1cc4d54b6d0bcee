using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Browse;

/// <summary>How an archive is to be written.</summary>
public sealed record ExportOptions
{
    /// <summary>Threads that fetch and open segments.</summary>
    public int Workers { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 8);

    /// <summary>The zone of the times in a zip archive, which has local times only.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>Told of everything that the format cannot hold as it is.</summary>
    public required Action<string> Warn { get; init; }
}

/// <summary>What an export wrote.</summary>
/// <param name="Entries">Members.</param>
/// <param name="Bytes">Bytes of files in them.</param>
/// <param name="Warnings">How much the format could not hold as it was: exit 3.</param>
public sealed record ExportReport(long Entries, long Bytes, long Warnings);

/// <summary>An entry on its way into an archive: the name it gets there, and what is fetched ahead for it.</summary>
internal sealed record ExportMember(byte[] Name, TreeEntry Entry, ReadAhead Ahead);

/// <summary>Walks what is to be exported (of a directory what is in it, under names relative to it; anything else itself,
/// under its last name) a little ahead of the writer, so that the segments of the next small files are
/// fetched and opened while this one is written.</summary>
internal sealed class ExportWalk(Repository repository, SnapshotPath selection, ContentReader contents)
{
    // Names are at most as long as a path; the bytes are of segments held open, which the reader's cache has room for.
    private const int MembersMax = 256;
    private const long NameBytesMax = 1 << 20, AheadBytesMax = 12 << 20;

    public IEnumerable<ExportMember> Members()
    {
        Queue<ExportMember> ahead = new();
        using IEnumerator<(byte[] Name, TreeEntry Entry)> entries = Entries().GetEnumerator();
        long nameBytes = 0, aheadBytes = 0;
        try
        {
            bool more = true;
            while (more || ahead.Count > 0)
            {
                while (more && ahead.Count < MembersMax && nameBytes < NameBytesMax && aheadBytes < AheadBytesMax
                    && (more = entries.MoveNext()))
                {
                    ExportMember member = new(entries.Current.Name, entries.Current.Entry, contents.Expect(entries.Current.Entry));
                    ahead.Enqueue(member);
                    nameBytes += member.Name.Length;
                    aheadBytes += member.Ahead.Bytes;
                }

                if (!ahead.TryPeek(out ExportMember? next))
                    continue;
                yield return next;
                ahead.Dequeue();
                nameBytes -= next.Name.Length;
                aheadBytes -= next.Ahead.Bytes;
                next.Ahead.Dispose();
            }
        }
        finally
        {
            foreach (ExportMember member in ahead)
                member.Ahead.Dispose();
        }
    }

    private IEnumerable<(byte[] Name, TreeEntry Entry)> Entries()
    {
        using TreeReader trees = new(repository);
        TreeEntry top = PathFinder.Find(trees, selection);
        if (top.Kind != EntryKind.Directory)
        {
            yield return (top.Name, top);
            yield break;
        }

        using TreeListing listing = new(trees, top, selection.Path);
        int skipped = selection.Path.AsSpan().Trim((byte)'/').Length;
        // Paths begin with '/'; below a directory another one follows its name.
        skipped += skipped == 0 ? 1 : 2;
        while (listing.MoveNext())
            yield return (listing.Path[skipped..].ToArray(), listing.Entry);
    }
}

/// <summary>Finds the other names of files that have several: the first is written, the others point to it.</summary>
internal sealed class HardLinks
{
    private readonly Dictionary<(ulong Device, ulong Inode), (byte[] Name, TreeEntry Entry, ulong Left)> _first = [];

    /// <summary>The name in the archive of the same file; null where this is its first. Entries that differ although they
    /// were one file (it changed while it was read) are not one.</summary>
    public byte[]? FirstName(byte[] name, TreeEntry entry)
    {
        if (!entry.IsHardLink)
            return null;
        (ulong, ulong) key = (entry.Device, entry.Inode);
        if (!_first.TryGetValue(key, out (byte[] Name, TreeEntry Entry, ulong Left) first))
        {
            _first[key] = (name, entry, entry.LinkCount - 1);
            return null;
        }

        if (first.Left == 1)
            _first.Remove(key);
        else
            _first[key] = first with { Left = first.Left - 1 };
        return DiffEntry.Compare(first.Entry, entry) is null ? first.Name : null;
    }
}
