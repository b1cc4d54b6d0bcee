using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Simulation.World;

/// <summary>Which blobs stand in which packs of the disk, and what each snapshot needs: by the engine's own decoders, each pack and
/// each tree once.</summary>
internal sealed class PackPlaces(Repository repository) : IDisposable
{
    private readonly SegmentReader _segments = new(repository);
    private readonly Dictionary<StorageKey, BlobId[]> _packs = [];
    private readonly Dictionary<BlobId, List<BlobLocation>> _places = [];

    /// <summary>True where the blob stands in a pack that is there.</summary>
    public bool Has(in BlobId id) => _places.TryGetValue(id, out List<BlobLocation>? places) && places.Count > 0;

    /// <summary>The blobs of a pack.</summary>
    public IReadOnlyList<BlobId> BlobsOf(StorageKey pack) => _packs.GetValueOrDefault(pack, []);

    /// <summary>All packs.</summary>
    public IEnumerable<StorageKey> Packs => _packs.Keys;

    /// <summary>A pack is there. One whose directory does not open holds nothing.</summary>
    public void Add(StorageKey key, long size)
    {
        _packs[key] = [];
        try
        {
            IndexedPack pack = PackReader.ReadDirectory(repository, key, size);
            PackReference reference = new(key, size, pack.Kind);
            foreach (SegmentRecord segment in pack.Directory.Segments)
                AddSegment(reference, segment, pack.Directory.BlobsOf(segment));
            _packs[key] = [.. pack.Directory.Blobs.ToArray().Select(blob => blob.Id)];
        }
        catch (CorruptDataException)
        {
        }
    }

    /// <summary>A pack is gone; its blobs.</summary>
    public IReadOnlyList<BlobId> Remove(StorageKey key)
    {
        if (!_packs.Remove(key, out BlobId[]? blobs))
            return [];
        foreach (BlobId blob in blobs)
            _places[blob].RemoveAll(place => place.Segment.Pack.Key == key);
        return blobs;
    }

    /// <summary>All blobs that a tree needs.</summary>
    /// <exception cref="CorruptDataException">A node is missing or damaged.</exception>
    public HashSet<BlobId> Closure(BlobId root)
    {
        HashSet<BlobId> needed = [root];
        Stack<(BlobId Id, bool IsList)> pending = new([(root, false)]);
        while (pending.TryPop(out (BlobId Id, bool IsList) next))
        {
            byte[] node = ReadBlob(next.Id);
            if (next.IsList)
                AddList(ChunkListNode.Decode(node, "simulation"), needed, pending);
            else
                AddTree(TreeNode.Decode(node, "simulation"), needed, pending);
        }

        return needed;
    }

    /// <inheritdoc/>
    public void Dispose() => _segments.Dispose();

    private static void AddTree(TreeNode node, HashSet<BlobId> needed, Stack<(BlobId, bool)> pending)
    {
        foreach (TreeChild child in node.Children)
            Push(child.Id, false, needed, pending);
        foreach (TreeEntry entry in node.Entries)
        {
            if (entry.Kind == EntryKind.Directory)
                Push(entry.Tree, false, needed, pending);
            else if (entry.Content.List is { } list)
                Push(list, true, needed, pending);
            else
                needed.UnionWith((entry.Content.Items ?? []).Where(item => !item.IsHole).Select(item => item.Id));
        }
    }

    private static void AddList(ChunkListNode node, HashSet<BlobId> needed, Stack<(BlobId, bool)> pending)
    {
        foreach (ChunkListChild child in node.Children)
            Push(child.Id, true, needed, pending);
        needed.UnionWith(node.Items.Where(item => !item.IsHole).Select(item => item.Id));
    }

    private static void Push(BlobId id, bool isList, HashSet<BlobId> needed, Stack<(BlobId, bool)> pending)
    {
        if (needed.Add(id))
            pending.Push((id, isList));
    }

    private void AddSegment(PackReference pack, SegmentRecord segment, ReadOnlySpan<BlobRecord> blobs)
    {
        SegmentLocation location = new(pack, segment.Offset, segment.StoredLength, segment.PlainLength);
        int offset = 0;
        foreach (BlobRecord blob in blobs)
        {
            if (!_places.TryGetValue(blob.Id, out List<BlobLocation>? places))
                _places[blob.Id] = places = [];
            places.Add(new BlobLocation(location, offset, blob.Length));
            offset += blob.Length;
        }
    }

    private byte[] ReadBlob(in BlobId id)
    {
        if (!Has(id))
            throw new CorruptDataException($"blob {id.ToString()[..8]} is in no pack");
        BlobLocation place = _places[id][0];
        byte[] plain = new byte[place.Segment.PlainLength];
        _segments.Read(place.Segment, plain);
        return plain.AsSpan(place.Offset, place.Length).ToArray();
    }
}
