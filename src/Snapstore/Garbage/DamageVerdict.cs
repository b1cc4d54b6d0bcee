using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Garbage;

/// <summary>Decides which damaged packs of a repair's plan may be deleted (spec/protocols/repair.md): those whose bytes are kept in
/// quarantine and in which nothing opens that has no usable copy elsewhere. It needs no trees, for these may be what is damaged.</summary>
internal sealed class DamageVerdict(Repository repository, CancellationToken cancel)
{
    /// <summary>The packs of the plan that may go, sorted.</summary>
    public IReadOnlyList<PackName> Decide(IReadOnlyList<PackName> plan)
    {
        HashSet<StorageKey> unsafePacks = GarbageLog.List(repository).Condemned();
        unsafePacks.UnionWith(plan.Select(KeyOf));
        LoadedIndex loaded = IndexLoader.LoadAll(repository, unsafePacks);
        using BlobIndex usable = loaded.Index;
        using SegmentReader segments = new(repository);
        Dictionary<StorageKey, IndexedPack> directories = PackDirectories.Find(repository, plan.Select(KeyOf).ToHashSet());
        return [.. plan.Where(pack => IsGone(pack) || MayGo(KeyOf(pack), directories.GetValueOrDefault(KeyOf(pack)), usable, segments)).Order()];
    }

    private static StorageKey KeyOf(PackName pack) => StorageKey.Pack(pack.Session, pack.Hash);

    private bool IsGone(PackName pack) => repository.Storage.SizeOf(KeyOf(pack)) is null;

    private bool MayGo(StorageKey key, IndexedPack? pack, BlobIndex usable, SegmentReader segments)
    {
        if (repository.Storage.SizeOf(StorageKey.Quarantine(key)) is null)
            return false;

        // Without a directory nothing in it can ever be found.
        if (pack is null)
            return true;
        PackReference reference = new(key, pack.Size, pack.Kind);
        foreach (SegmentRecord segment in pack.Directory.Segments.ToArray())
        {
            cancel.ThrowIfCancellationRequested();
            RepackedSegment alone = new(pack, segment, (in BlobRecord blob, DeltaRecord? delta) => IsAlone(usable, blob, delta));
            if (alone.IsWanted && Opens(segments, reference, segment))
                return false;
        }

        return true;
    }

    // A base may be needed although its blob is there as a delta as well; a delta without a base gives nothing, wherever it stands.
    private static bool IsAlone(BlobIndex usable, in BlobRecord blob, DeltaRecord? delta) => delta is not { Base: var prefix }
        ? !usable.ContainsPlain(blob.Id)
        : !usable.Contains(blob.Id) && usable.ContainsPlain(prefix);

    private static bool Opens(SegmentReader segments, PackReference pack, in SegmentRecord segment)
    {
        try
        {
            segments.Read(new SegmentLocation(pack, segment.Offset, segment.StoredLength, segment.PlainLength), new byte[segment.PlainLength]);
            return true;
        }
        catch (SnapstoreException e) when (e is CorruptDataException or UnsupportedException or ObjectMissingException)
        {
            return false;
        }
    }
}
