using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Maintenance;

/// <summary>What a repository holds, in numbers.</summary>
public sealed record RepositoryStatistics
{
    /// <summary>Snapshots that can be read.</summary>
    public long Snapshots { get; init; }

    /// <summary>Bytes of files in all snapshots together: what they would take one beside the other.</summary>
    public long SnapshotBytes { get; init; }

    /// <summary>Data packs.</summary>
    public long DataPacks { get; init; }

    /// <summary>Stored bytes of data packs.</summary>
    public long DataPackBytes { get; init; }

    /// <summary>Meta packs.</summary>
    public long MetaPacks { get; init; }

    /// <summary>Stored bytes of meta packs.</summary>
    public long MetaPackBytes { get; init; }

    /// <summary>Blobs in all packs.</summary>
    public long Blobs { get; init; }

    /// <summary>How many of these are deltas.</summary>
    public long DeltaBlobs { get; init; }

    /// <summary>Bytes of plaintext of all blobs.</summary>
    public long BlobBytes { get; init; }

    /// <summary>Objects of the repository.</summary>
    public long Objects { get; init; }

    /// <summary>Stored bytes of all objects.</summary>
    public long StoredBytes { get; init; }

    /// <summary>Manifests, index objects and packs that could not be read, and why; they are not counted.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>Counts.</summary>
    public static RepositoryStatistics Collect(Repository repository)
    {
        SnapshotList list = SnapshotList.Load(repository);
        LoadedIndex loaded = repository.Loaded;
        PackReference[] packs = [.. loaded.Index.Packs];
        PackReference[] dataPacks = [.. packs.Where(pack => pack.Kind == PackKind.Data)];
        StoredObject[] objects = [.. repository.Storage.List("")];
        return new RepositoryStatistics
        {
            Snapshots = list.Snapshots.Count,
            SnapshotBytes = list.Snapshots.Sum(snapshot => snapshot.Manifest.Counts.Bytes),
            DataPacks = dataPacks.Length,
            DataPackBytes = dataPacks.Sum(pack => pack.Size),
            MetaPacks = packs.Length - dataPacks.Length,
            MetaPackBytes = packs.Sum(pack => pack.Size) - dataPacks.Sum(pack => pack.Size),
            Blobs = loaded.Index.Count,
            DeltaBlobs = loaded.Index.DeltaCount,
            BlobBytes = loaded.Index.PlainBytes,
            Objects = objects.Length,
            StoredBytes = objects.Sum(stored => stored.Size),
            Problems = [.. list.Problems, .. loaded.Problems],
        };
    }
}
