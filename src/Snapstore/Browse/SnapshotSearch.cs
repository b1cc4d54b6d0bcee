using System.Runtime.InteropServices;
using Snapstore.Formats;
using Snapstore.Hashing;
using Snapstore.Repositories;
using Snapstore.Sources;

namespace Snapstore.Browse;

/// <summary>What is searched for; what is not stated matches everything.</summary>
public sealed record SearchCriteria
{
    /// <summary>Patterns (spec/patterns.md), of which the last that matches decides.</summary>
    public required ExcludeRules Patterns { get; init; }

    /// <summary>Kinds of entry; empty for all.</summary>
    public IReadOnlyCollection<EntryKind> Kinds { get; init; } = [];

    /// <summary>Only entries with an mtime of this or later.</summary>
    public EntryTime? Newer { get; init; }

    /// <summary>Only entries with an mtime before this.</summary>
    public EntryTime? Older { get; init; }

    /// <summary>Only files of at least so many bytes; null asks nothing of sizes.</summary>
    public long? SizeMin { get; init; }

    /// <summary>Only files of at most so many bytes; null asks nothing of sizes.</summary>
    public long? SizeMax { get; init; }

    /// <summary>True where the entry is searched for.</summary>
    public bool IsMet(TreeEntry entry, ReadOnlySpan<byte> path)
    {
        bool isSize = (SizeMin is null && SizeMax is null)
            || (entry.Kind == EntryKind.File && entry.Size >= (SizeMin ?? 0) && entry.Size <= (SizeMax ?? long.MaxValue));
        return isSize
            && (Kinds.Count == 0 || Kinds.Contains(entry.Kind))
            && (Newer is null || entry.Mtime.CompareTo(Newer.Value) >= 0)
            && (Older is null || entry.Mtime.CompareTo(Older.Value) < 0)
            && Patterns.IsExcluded(path, entry.Kind == EntryKind.Directory);
    }
}

/// <summary>Searches snapshot after snapshot. A directory that was searched before, in this snapshot or in another, is
/// not read again: what was found in it is remembered under its tree's id.</summary>
/// <remarks>Memory: <see cref="EmptyMax"/> directories without a find at 20 to 40 bytes, and the finds
/// of others up to <see cref="RememberedMax"/>; beyond that directories are read again.</remarks>
public sealed class SnapshotSearch : IDisposable
{
    private const int EmptyMax = 1 << 20;
    private const int RememberedMax = 100_000;

    private readonly TreeReader _trees;
    private readonly SearchCriteria _criteria;
    private readonly BlobIdSet _empty = new();
    private readonly Dictionary<BlobId, List<ListedEntry>> _finds = [];
    private readonly bool _isByNameOnly;
    private int _remembered;

    /// <summary>A search of this repository's snapshots.</summary>
    public SnapshotSearch(Repository repository, SearchCriteria criteria)
    {
        _trees = new TreeReader(repository);
        _criteria = criteria;
        _isByNameOnly = criteria.Patterns.IsByNameOnly;
    }

    /// <summary>What meets the criteria in a snapshot, in the order of a listing.</summary>
    public IEnumerable<ListedEntry> Run(Snapshot snapshot, CancellationToken cancel)
    {
        using SearchWalk walk = new(_trees, PathFinder.Root(snapshot));
        while (walk.MoveNext(Remember))
        {
            cancel.ThrowIfCancellationRequested();
            TreeEntry entry = walk.Listing.Entry;
            if (_criteria.IsMet(entry, walk.Listing.Path))
                yield return walk.Found();
            if (entry.Kind != EntryKind.Directory)
                continue;
            BlobId key = KeyOf(entry.Tree, walk.Listing.Path);
            if (_empty.Contains(key))
            {
                walk.Listing.SkipBelow();
            }
            else if (_finds.TryGetValue(key, out List<ListedEntry>? finds))
            {
                foreach (ListedEntry find in finds)
                    yield return walk.Found(find with { Path = [.. walk.Listing.Path, .. find.Path] });
                walk.Listing.SkipBelow();
            }
            else
            {
                walk.Enter(key);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _empty.Dispose();
        _trees.Dispose();
    }

    private void Remember(SearchedDirectory done)
    {
        if (done.Finds.Count == 0)
        {
            if (_empty.Count < EmptyMax)
                _empty.Add(done.Key);
        }
        else if (done.IsWhole && _remembered + done.Finds.Count <= RememberedMax)
        {
            _finds[done.Key] = done.Finds;
            _remembered += done.Finds.Count;
        }
    }

    // What is found in a tree depends on where it stands only if a pattern asks for more than names.
    private BlobId KeyOf(in BlobId tree, ReadOnlySpan<byte> path)
    {
        if (_isByNameOnly)
            return tree;
        Blake3Hasher hasher = new();
        hasher.Update(tree.Span);
        hasher.Update(path);
        Span<byte> key = stackalloc byte[BlobId.Size];
        hasher.Finish(key);
        return new BlobId(key);
    }
}

/// <summary>A directory being searched, and what was found below it so far, by paths relative to it.</summary>
internal sealed class SearchedDirectory(BlobId key, int depth, int pathLength)
{
    public BlobId Key => key;

    public int Depth => depth;

    public int PathLength => pathLength;

    public List<ListedEntry> Finds { get; } = [];

    /// <summary>False once more was found than is worth remembering.</summary>
    public bool IsWhole { get; set; } = true;
}

/// <summary>A listing that collects finds for the directories it is in.</summary>
internal sealed class SearchWalk(TreeReader trees, TreeEntry root) : IDisposable
{
    // Finds are kept for every directory above them: few levels and few finds, or it is not worth it.
    private const int FindsMax = 256;

    private readonly List<SearchedDirectory> _open = [];

    public TreeListing Listing { get; } = new(trees, root, []);

    /// <summary>Goes on; directories that are left on the way are handed over.</summary>
    public bool MoveNext(Action<SearchedDirectory> remember)
    {
        bool more = Listing.MoveNext();
        while (_open.Count > 0 && (!more || Listing.Depth <= _open[^1].Depth))
        {
            remember(_open[^1]);
            _open.RemoveAt(_open.Count - 1);
        }

        return more;
    }

    public void Enter(in BlobId key) => _open.Add(new SearchedDirectory(key, Listing.Depth, Listing.Path.Length));

    /// <summary>What stands here is a find.</summary>
    public ListedEntry Found() => Found(Listing.ToListed());

    public ListedEntry Found(ListedEntry find)
    {
        foreach (SearchedDirectory directory in CollectionsMarshal.AsSpan(_open))
        {
            if (directory.Finds.Count >= FindsMax)
                directory.IsWhole = false;
            else
                directory.Finds.Add(find with { Path = find.Path[directory.PathLength..] });
        }

        return find;
    }

    public void Dispose() => Listing.Dispose();
}
