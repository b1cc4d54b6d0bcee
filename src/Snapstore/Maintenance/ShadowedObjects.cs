using Snapstore.Hashing;
using Snapstore.Storage;

namespace Snapstore.Maintenance;

/// <summary>An object of which something else than what was put first is seen: it was deleted, and a marker hides it, or something
/// was put over it. Names are never used twice, so what was put first is what is meant (spec/object-lock.md).</summary>
/// <param name="Original">The first version; of a pack the first that hashes to its name, if any does.</param>
/// <param name="Above">What came after it, the newest first.</param>
public sealed record ShadowedObject(StoredVersion Original, IReadOnlyList<StoredVersion> Above)
{
    /// <summary>The object's name.</summary>
    public StorageKey Key => Original.Key;

    /// <summary>True where a marker hides it; false where something else stands in its place.</summary>
    public bool IsHidden => Above[0].IsMarker;

    /// <summary>When that was done, by the storage's clock.</summary>
    public DateTimeOffset Time => Above[0].Time;
}

/// <summary>Finds what was deleted or put over in a storage that keeps versions.</summary>
public static class ShadowedObjects
{
    private const int PieceSize = 1 << 20;

    /// <summary>Looks at the versions of every object, but for those that may go at any time.</summary>
    /// <exception cref="StorageException">They cannot be listed.</exception>
    public static IEnumerable<ShadowedObject> Find(ILockingStorage storage, CancellationToken cancel)
    {
        List<StoredVersion> versions = [];
        foreach (StoredVersion version in storage.ListVersions("").Where(version => ObjectLockTerms.Covers(version.Key)))
        {
            cancel.ThrowIfCancellationRequested();
            if (versions.Count > 0 && versions[0].Key != version.Key)
            {
                if (Judge(storage, versions) is { } found)
                    yield return found;
                versions.Clear();
            }

            versions.Add(version);
        }

        if (versions.Count > 0 && Judge(storage, versions) is { } last)
            yield return last;
    }

    /// <summary>True where a version of a pack hashes to the pack's name; of other objects only their keys tell.</summary>
    public static bool HashesToName(ILockingStorage storage, StoredVersion version)
    {
        Blake3Hasher hasher = new();
        byte[] piece = new byte[PieceSize];
        for (long offset = 0; offset < version.Size; offset += PieceSize)
        {
            Span<byte> bytes = piece.AsSpan(0, (int)Math.Min(PieceSize, version.Size - offset));
            storage.ReadVersion(version, offset, bytes);
            hasher.Update(bytes);
        }

        Span<byte> hash = stackalloc byte[ObjectHash.Size];
        hasher.Finish(hash);
        return version.Key.TryParsePack(out _, out ObjectHash named) && named == new ObjectHash(hash);
    }

    // Newest first. Nearly all have one version, or the same twice (an answer that was lost).
    private static ShadowedObject? Judge(ILockingStorage storage, List<StoredVersion> versions)
    {
        StoredVersion newest = versions[0];
        int first = versions.FindLastIndex(version => !version.IsMarker);
        if (first <= 0 || IsSame(newest, versions[first]))
            return null;
        if (newest.Key.TryParsePack(out _, out _))
        {
            int right = versions.FindLastIndex(version => !version.IsMarker && HashesToName(storage, version));
            if (right == 0)
                return null;
            first = right > 0 ? right : first;
        }

        return new ShadowedObject(versions[first], versions[..first]);
    }

    private static bool IsSame(StoredVersion one, StoredVersion other) => !one.IsMarker && one.Size == other.Size && one.Tag == other.Tag;
}
