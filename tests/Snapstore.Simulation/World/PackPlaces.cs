using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Simulation.World;

/// <summary>Which blobs stand in which packs of the disk, and what each snapshot needs: by the engine's own decoders, each pack and
/// each tree once.</summary>
internal sealed class PackPlaces(Repository repository) : IDisposable
{
    private readonly SegmentReader _segments = new(repository);
    private readonly Dictionary<StorageKey, IReadOnlyList<Copy>> _packs = [];
    private readonly Dictionary<BlobKey, List<BlobLocation>> _places = [];
    private readonly Dictionary<BlobKey, List<(StorageKey Pack, BlobKey Base)>> _deltas = [];

    /// <summary>True where the blob stands in a pack that is there: plain, or as a delta whose base is there plain.</summary>
    public bool Has(in BlobKey blob) => HasPlain(blob) || (_deltas.TryGetValue(blob, out List<(StorageKey Pack, BlobKey Base)>? deltas) && deltas.Exists(delta => HasPlain(delta.Base)));

    /// <summary>The blobs of a pack.</summary>
    public IEnumerable<BlobKey> BlobsOf(StorageKey pack) => _packs.GetValueOrDefault(pack, []).Select(copy => copy.Blob);

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
            List<Copy> copies = [];
            foreach (SegmentRecord segment in pack.Directory.Segments)
            {
                if (segment.HasDeltas)
                    AddDeltas(key, pack.Directory.BlobsOf(segment), pack.Directory.DeltasOf(segment), copies);
                else
                    AddSegment(reference, segment, pack.Directory.BlobsOf(segment), copies);
            }

            _packs[key] = copies;
        }
        catch (CorruptDataException)
        {
        }
    }

    /// <summary>A pack is gone; the blobs that may be lost with it: its own, and those that have a base in it.</summary>
    public IReadOnlyList<BlobKey> Remove(StorageKey key)
    {
        if (!_packs.Remove(key, out IReadOnlyList<Copy>? copies))
            return [];
        HashSet<BlobKey> gone = [.. copies.Select(copy => copy.Blob)];
        foreach (Copy copy in copies)
        {
            if (copy.IsDelta)
                _deltas[copy.Blob].RemoveAll(delta => delta.Pack == key);
            else
                _places[copy.Blob].RemoveAll(place => place.Segment.Pack.Key == key);
        }

        return [.. gone, .. _deltas.Where(pair => pair.Value.Exists(delta => gone.Contains(delta.Base))).Select(pair => pair.Key)];
    }

    /// <summary>Adds the bases of all deltas of these blobs.</summary>
    public void AddBases(HashSet<BlobKey> needed) =>
        needed.UnionWith([.. needed.SelectMany(blob => _deltas.GetValueOrDefault(blob, []).Select(delta => delta.Base))]);

    /// <summary>All blobs that a tree needs.</summary>
    /// <exception cref="CorruptDataException">A node is missing or damaged.</exception>
    public HashSet<BlobKey> Closure(BlobId root)
    {
        HashSet<BlobKey> needed = [new BlobKey(root)];
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

    private static void AddTree(TreeNode node, HashSet<BlobKey> needed, Stack<(BlobId, bool)> pending)
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
                needed.UnionWith((entry.Content.Items ?? []).Where(item => !item.IsHole).Select(item => new BlobKey(item.Id)));
        }
    }

    private static void AddList(ChunkListNode node, HashSet<BlobKey> needed, Stack<(BlobId, bool)> pending)
    {
        foreach (ChunkListChild child in node.Children)
            Push(child.Id, true, needed, pending);
        needed.UnionWith(node.Items.Where(item => !item.IsHole).Select(item => new BlobKey(item.Id)));
    }

    private static void Push(BlobId id, bool isList, HashSet<BlobKey> needed, Stack<(BlobId, bool)> pending)
    {
        if (needed.Add(new BlobKey(id)))
            pending.Push((id, isList));
    }

    private bool HasPlain(in BlobKey blob) => _places.TryGetValue(blob, out List<BlobLocation>? places) && places.Count > 0;

    private void AddDeltas(StorageKey pack, ReadOnlySpan<BlobRecord> blobs, ReadOnlySpan<DeltaRecord> deltas, List<Copy> copies)
    {
        for (int i = 0; i < blobs.Length; i++)
        {
            if (!_deltas.TryGetValue(blobs[i].Key, out List<(StorageKey Pack, BlobKey Base)>? known))
                _deltas[blobs[i].Key] = known = [];
            known.Add((pack, deltas[i].Base));
            copies.Add(new Copy(blobs[i].Key, IsDelta: true));
        }
    }

    private void AddSegment(PackReference pack, SegmentRecord segment, ReadOnlySpan<BlobRecord> blobs, List<Copy> copies)
    {
        SegmentLocation location = new(pack, segment.Offset, segment.StoredLength, segment.PlainLength);
        int offset = 0;
        foreach (BlobRecord blob in blobs)
        {
            if (!_places.TryGetValue(blob.Key, out List<BlobLocation>? places))
                _places[blob.Key] = places = [];
            places.Add(new BlobLocation(location, offset, blob.Length));
            copies.Add(new Copy(blob.Key, IsDelta: false));
            offset += blob.Length;
        }
    }

    private byte[] ReadBlob(in BlobId id)
    {
        BlobKey key = new(id);
        if (!HasPlain(key))
            throw new CorruptDataException($"blob {id.ToString()[..8]} is in no pack");
        BlobLocation place = _places[key][0];
        byte[] plain = new byte[place.Segment.PlainLength];
        _segments.Read(place.Segment, plain);
        return plain.AsSpan(place.Offset, place.Length).ToArray();
    }

    private readonly record struct Copy(BlobKey Blob, bool IsDelta);
}
