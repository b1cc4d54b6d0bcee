using System.Collections.Concurrent;
using Snapstore.Maintenance;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Copying;

/// <summary>What a mirroring did, or would do.</summary>
public sealed record MirrorReport
{
    /// <summary>Packs copied.</summary>
    public long Packs { get; init; }

    /// <summary>Objects copied, packs included.</summary>
    public long Objects { get; init; }

    /// <summary>Their bytes.</summary>
    public long Bytes { get; init; }

    /// <summary>Objects removed from the mirror.</summary>
    public long ObjectsRemoved { get; init; }

    /// <summary>Their bytes.</summary>
    public long BytesRemoved { get; init; }

    /// <summary>Objects that are damaged at the source, or are others under the same name in the mirror.</summary>
    public required MessageList Problems { get; init; }
}

/// <summary>Copies a repository byte for byte into another storage; needs no key (spec/protocols/mirror.md).</summary>
public sealed class Mirror
{
    // Times that all is listed again because a prune took what had been listed.
    private const int PassesMax = 10;

    // On their way at a time where a side is far: a pack takes 1 MiB of memory here, an object all of its own.
    private const int PacksAhead = 4, ObjectsAhead = 8;

    private readonly IStorage _source;
    private readonly IStorage _place;
    private readonly bool _isDryRun;
    private readonly CheckProgress _progress;
    private readonly CancellationToken _cancel;
    private readonly MessageList _problems = new();
    private readonly ConcurrentBag<PackTransfer> _transfers = [];
    private long _packCount, _objects, _bytes, _removed, _removedBytes;

    private Mirror(IStorage source, IStorage place, bool isDryRun, CheckProgress progress, CancellationToken cancel)
    {
        _source = source;
        _place = place;
        _isDryRun = isDryRun;
        _progress = progress;
        _cancel = cancel;
    }

    /// <summary>Adds what the mirror lacks, and removes what was removed at the source, if that is asked for.</summary>
    /// <param name="source">Where the repository is.</param>
    /// <param name="place">Where its mirror is, or is to be.</param>
    /// <param name="opened">The repository at the source, opened, where the mirror is to be exact: only sealed records tell what was removed
    /// from what was lost. Null where nothing is to be removed.</param>
    /// <param name="isDryRun">True only counts.</param>
    /// <param name="progress">Where it stands.</param>
    /// <param name="cancel">Stops it; the next run goes on.</param>
    /// <exception cref="RepositoryNotFoundException">There is no repository at the source.</exception>
    /// <exception cref="UsageException">Another repository, or something else, is in that place.</exception>
    public static MirrorReport Run(IStorage source, IStorage place, Repository? opened, bool isDryRun, CheckProgress progress, CancellationToken cancel)
    {
        RequireMirror(source, place, mayBeEmpty: true);
        if (opened is not null && !isDryRun)
            DeletionRight.Require(place, "nothing was mirrored (without --exact it would be)");
        SamePlace.Refuse(source, place, mayWrite: opened is not null && !isDryRun && place.SizeOf(StorageKey.Config) is not null);
        Mirror mirror = new(source, place, isDryRun, progress, cancel);
        MirrorListing present = MirrorListing.Of(place);
        MirrorListing wanted = mirror.Add(present);
        if (opened is not null && mirror._problems.Total == 0)
            mirror.Remove(present, wanted, new MirrorRemoval(opened));
        return new MirrorReport
        {
            Packs = mirror._packCount,
            Objects = mirror._objects,
            Bytes = mirror._bytes,
            ObjectsRemoved = mirror._removed,
            BytesRemoved = mirror._removedBytes,
            Problems = mirror._problems,
        };
    }

    /// <summary>Makes sure that a place holds a mirror of this repository, or may become one.</summary>
    /// <exception cref="UsageException">It does not.</exception>
    internal static void RequireMirror(IStorage source, IStorage place, bool mayBeEmpty)
    {
        if (source.SizeOf(StorageKey.Config) is null)
            throw new RepositoryNotFoundException($"there is no repository at {source.Location}");
        if (place.SizeOf(StorageKey.Config) is null)
        {
            if (!mayBeEmpty)
                throw new UsageException($"there is no mirror at {place.Location}; make one with: snapstore mirror --to {place.Location}");
            if (place.List("").Any(found => source.SizeOf(found.Key) is null))
                throw new UsageException($"{place.Location} holds other things and no repository; name an empty place");
        }
        else if (!Repository.ReadWhole(source, StorageKey.Config).AsSpan().SequenceEqual(Repository.ReadWhole(place, StorageKey.Config)))
        {
            throw new UsageException($"{place.Location} holds another repository; it was left as it is");
        }
    }

    private IStorage Farther => _source.RequestsMax > _place.RequestsMax ? _source : _place;

    private MirrorListing Add(MirrorListing present)
    {
        for (int pass = 1; ; pass++)
        {
            MirrorListing wanted = MirrorListing.Of(_source);
            Put(wanted.Keys, present.Keys);
            Put(new() { [StorageKey.Config] = _source.SizeOf(StorageKey.Config) ?? 0 }, _place.SizeOf(StorageKey.Config) is { } size ? new() { [StorageKey.Config] = size } : []);
            if (PutPacks(wanted.Packs, present.Packs))
            {
                Put(wanted.Index, present.Index);
                wanted.LeaveOutForgotten(_source);
                Put(wanted.Snapshots, present.Snapshots);
                Put(wanted.Labels, present.Labels);
                return wanted;
            }

            if (pass == PassesMax)
                throw new StorageException($"packs of {_source.Location} vanish while they are copied: is a prune at work all the time? Run again; what was copied stays");
        }
    }

    // False where one that was listed is gone.
    private bool PutPacks(Dictionary<StorageKey, long> wanted, Dictionary<StorageKey, long> present)
    {
        StoredObject[] missing = [.. wanted.Where(found => IsMissing(found, present)).Select(found => new StoredObject(found.Key, found.Value))];
        _progress.Expect(missing.Length, missing.Sum(pack => pack.Size));
        bool isWhole = true;
        foreach ((StoredObject pack, Outcome outcome, string? problem) in Requests.InOrder(Farther, missing, Transfer, PacksAhead))
        {
            isWhole &= outcome != Outcome.Gone;
            if (problem is not null)
                _problems.Add(problem);
            if (outcome != Outcome.Done)
                continue;
            _packCount++;
            Count(pack.Key, pack.Size, present);
            _progress.Add(1, 0);
        }

        return isWhole;
    }

    private (StoredObject Pack, Outcome Outcome, string? Problem) Transfer(StoredObject pack)
    {
        try
        {
            if (!_isDryRun)
                Carry(pack);
            return (pack, Outcome.Done, null);
        }
        catch (ObjectMissingException)
        {
            return (pack, Outcome.Gone, null);
        }
        catch (CorruptDataException e)
        {
            // A storage that shortens what it reads, or a pack that is damaged for good; gone meanwhile it is no damage.
            return _source.SizeOf(pack.Key) is null ? (pack, Outcome.Gone, null) : (pack, Outcome.Damaged, e.Message);
        }
    }

    private void Carry(StoredObject pack)
    {
        PackTransfer transfer = _transfers.TryTake(out PackTransfer? free) ? free : new PackTransfer(_source, _place, _progress, _cancel);
        transfer.Copy(pack);
        _transfers.Add(transfer);
    }

    private void Put(Dictionary<StorageKey, long> wanted, Dictionary<StorageKey, long> present)
    {
        StorageKey[] missing = [.. wanted.Where(found => IsMissing(found, present)).Select(found => found.Key)];
        foreach ((StorageKey key, long? size, string? problem) in Requests.InOrder(Farther, missing, Transfer, ObjectsAhead))
        {
            if (size is { } copied)
                Count(key, copied, present);
            if (problem is not null)
                _problems.Add(problem);
        }
    }

    // Neither size nor problem: compacted or swept since it was listed.
    private (StorageKey Key, long? Size, string? Problem) Transfer(StorageKey key)
    {
        _cancel.ThrowIfCancellationRequested();
        try
        {
            byte[] content = Repository.ReadWhole(_source, key);
            if (!_isDryRun)
                _ = _place.PutIfAbsent(key, content);
            return (key, content.Length, null);
        }
        catch (ObjectMissingException)
        {
            return (key, null, null);
        }
        catch (CorruptDataException e)
        {
            return (key, null, e.Message);
        }
    }

    private bool IsMissing(KeyValuePair<StorageKey, long> found, Dictionary<StorageKey, long> present)
    {
        if (!present.TryGetValue(found.Key, out long size))
            return true;
        if (size != found.Value)
            _problems.Add($"{found.Key} has {found.Value} bytes at the source and {size} in the mirror; it was left as it is");
        return false;
    }

    private void Count(StorageKey key, long size, Dictionary<StorageKey, long> present)
    {
        _objects++;
        _bytes += size;
        present[key] = size;
    }

    // The other way round: nothing goes before what names it.
    private void Remove(MirrorListing present, MirrorListing wanted, MirrorRemoval removal)
    {
        foreach (string lost in removal.FindLost(present, wanted))
            _problems.Add(lost);
        if (_problems.Total > 0)
            return;
        Remove(present.Snapshots, wanted.Snapshots);
        Remove(present.Labels, wanted.Labels);
        Remove(present.Index, wanted.Index);
        Remove(present.Packs.Where(found => removal.IsPruned(found.Key)), wanted.Packs);
        Remove(present.Keys, wanted.Keys);
    }

    private void Remove(IEnumerable<KeyValuePair<StorageKey, long>> present, Dictionary<StorageKey, long> wanted)
    {
        foreach (long size in Requests.InOrder(_place, present.Where(found => !wanted.ContainsKey(found.Key)), Remove))
        {
            _removed++;
            _removedBytes += size;
        }
    }

    private long Remove(KeyValuePair<StorageKey, long> found)
    {
        _cancel.ThrowIfCancellationRequested();
        if (!_isDryRun)
            _place.Delete(found.Key);
        return found.Value;
    }

    private enum Outcome
    {
        Done,
        Gone,
        Damaged,
    }
}
