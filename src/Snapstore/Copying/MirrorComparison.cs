using Snapstore.Maintenance;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Copying;

/// <summary>What a comparison with a mirror found.</summary>
public sealed record MirrorComparisonReport
{
    /// <summary>Objects compared.</summary>
    public long Objects { get; init; }

    /// <summary>Objects of which the bytes were read.</summary>
    public long ObjectsRead { get; init; }

    /// <summary>Objects that the mirror does not have yet.</summary>
    public long Behind { get; init; }

    /// <summary>Their bytes.</summary>
    public long BytesBehind { get; init; }

    /// <summary>Objects that only the mirror has.</summary>
    public long Extra { get; init; }

    /// <summary>What is lost or damaged in the mirror.</summary>
    public required MessageList Damage { get; init; }
}

/// <summary>Compares a repository with its mirror; needs no key (spec/protocols/mirror.md).</summary>
public static class MirrorComparison
{
    /// <summary>Compares names and sizes, and the bytes of what is selected.</summary>
    /// <param name="source">Where the repository is.</param>
    /// <param name="place">Where its mirror is.</param>
    /// <param name="reads">Which packs are read; with any, all other objects are read too.</param>
    /// <param name="progress">Where it stands.</param>
    /// <param name="cancel">Stops it.</param>
    /// <exception cref="UsageException">That is no mirror of this repository.</exception>
    public static MirrorComparisonReport Run(IStorage source, IStorage place, ReadDataSelection reads, CheckProgress progress, CancellationToken cancel)
    {
        SamePlace.Refuse(source, place, mayWrite: false);
        Mirror.RequireMirror(source, place, mayBeEmpty: false);
        MirrorListing present = MirrorListing.Of(place);
        MirrorListing wanted = MirrorListing.Of(source);
        wanted.LeaveOutForgotten(source);
        MirrorComparisonReport report = new() { Damage = new MessageList() };
        foreach ((Dictionary<StorageKey, long> expected, Dictionary<StorageKey, long> there) in wanted.Groups.Zip(present.Groups))
        {
            foreach ((StorageKey key, long size) in expected)
            {
                cancel.ThrowIfCancellationRequested();
                report = report with { Objects = report.Objects + 1 };
                if (!there.TryGetValue(key, out long found))
                    report = Missing(report, key, size, present);
                else if (found != size)
                    report.Damage.Add($"{key} has {found} bytes in the mirror and {size} at the source");
                else if (IsRead(key, reads))
                    report = Compare(report, source, place, new StoredObject(key, size), progress, cancel);
            }

            report = report with { Extra = report.Extra + there.Keys.Count(key => !expected.ContainsKey(key)) };
        }

        return report;
    }

    private static bool IsRead(StorageKey key, ReadDataSelection reads) =>
        !reads.IsNone && (!key.TryParsePack(out _, out ObjectHash hash) || reads.Includes(hash));

    // Packs come before what ends their session.
    private static MirrorComparisonReport Missing(MirrorComparisonReport report, StorageKey key, long size, MirrorListing present)
    {
        if (key.TryParsePack(out SessionId session, out _) && present.Snapshots.ContainsKey(StorageKey.Snapshot(session)))
        {
            report.Damage.Add($"{key} is lost in the mirror: the end of its session is there");
            return report;
        }

        return report with { Behind = report.Behind + 1, BytesBehind = report.BytesBehind + size };
    }

    private static MirrorComparisonReport Compare(
        MirrorComparisonReport report, IStorage source, IStorage place, StoredObject found, CheckProgress progress, CancellationToken cancel)
    {
        try
        {
            if (FindDifference(source, place, found, progress, cancel) is { } difference)
                report.Damage.Add($"{found.Key}: {difference}");
        }
        catch (ObjectMissingException) when (source.SizeOf(found.Key) is null)
        {
            // Compacted or swept at the source since it was listed.
        }

        return report with { ObjectsRead = report.ObjectsRead + 1 };
    }

    private static string? FindDifference(IStorage source, IStorage place, StoredObject found, CheckProgress progress, CancellationToken cancel)
    {
        if (found.Key.TryParsePack(out _, out _))
            return new PackHash(place).FindDamage(found, bytes => progress.Add(0, bytes), cancel);
        return Repository.ReadWhole(source, found.Key).AsSpan().SequenceEqual(Repository.ReadWhole(place, found.Key))
            ? null
            : "its bytes in the mirror are others than at the source";
    }
}
