using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Simulation.World;
using Snapstore.Storage;

namespace Snapstore.Simulation.Faults;

/// <summary>Rules that a prune leaves out.</summary>
internal static class PrunerLies
{
    /// <summary>The defects.</summary>
    public static IEnumerable<SeededBug> All =>
    [
        new("pruner-does-not-wait", "the verdict does not wait for sessions at work") { Lie = WriterLies.To(IsPruner, DoNotWait) },
        new("pruner-trusts-its-first-look", "the verdict does not look at snapshots again") { Lie = WriterLies.To(IsPruner, DoNotLookAgain) },
        new("fence-over-commit", "a fence replaces a commit") { Lie = (world, actor, inner) => Overwriting(world, actor, inner, key => WriterLies.Is(key, StorageKey.SnapshotsPrefix)) },
        new("fence-not-written", "a session counts as fenced although the fence is not there") { Lie = WriterLies.To(IsPruner, lie => WriterLies.OnPut(lie, StorageKey.SnapshotsPrefix, (_, _, _) => true)) },
        new("plan-replaced", "a second plan of a generation replaces the first") { Lie = (world, actor, inner) => Overwriting(world, actor, inner, key => Ends(key, ".plan")) },
        new("verdict-replaced", "a second verdict of a generation replaces the first") { Lie = (world, actor, inner) => Overwriting(world, actor, inner, key => Ends(key, ".verdict")) },
        new("verdict-is-the-plan", "all that was planned is deleted, whoever needs it now") { Lie = DeleteWholePlan },
        new("deletes-before-the-verdict", "packs go before the verdict is there") { Lie = WriterLies.To(IsPruner, DeleteFirst) },
    ];

    private static bool IsPruner(OperationKind kind) => kind == OperationKind.Prune;

    private static bool Ends(StorageKey key, string suffix) => key.Name.EndsWith(suffix, StringComparison.Ordinal);

    private static void DoNotWait(LyingStorage lie) =>
        lie.OnList = (prefix, found) => prefix == StorageKey.SessionsPrefix ? [] : found;

    // A list of all snapshots is told from a list of ended sessions by what was listed before it: labels, then retirements.
    private static void DoNotLookAgain(LyingStorage lie)
    {
        List<StoredObject>? first = null;
        string before = "", last = "";
        lie.OnList = (prefix, found) =>
        {
            bool isLook = (before, last, prefix) == (StorageKey.LabelsPrefix, StorageKey.RetiredPrefix, StorageKey.SnapshotsPrefix);
            (before, last) = (last, prefix);
            return isLook ? first ??= found : found;
        };
    }

    private static IStorage Overwriting(SimulatedWorld world, Actor actor, IStorage inner, Predicate<StorageKey> isReplaced) => WriterLies.To(IsPruner, lie =>
        lie.OnPut = (key, content, put) =>
        {
            bool isNew = put(key, content);
            if (isNew || !isReplaced(key))
                return isNew;
            world.Disk.Overwrite(key, new DiskFile(content) { IsSynced = true });
            return true;
        })(world, actor, inner);

    private static IStorage DeleteWholePlan(SimulatedWorld world, Actor actor, IStorage inner) => WriterLies.To(IsPruner, lie =>
        lie.OnPut = (key, content, put) =>
        {
            if (!key.TryParseGarbage(out int generation) || key != StorageKey.GarbageVerdict(generation))
                return put(key, content);
            Repository reader = world.Model.Reader;
            byte[] plan = reader.Open(StorageKey.GarbagePlan(generation), SealKind.GarbagePlan, default, generation);
            return put(key, Envelope.Seal(reader.Keys, new SealContext(SealKind.GarbageVerdict, reader.Id, default, generation), plan));
        })(world, actor, inner);

    private static void DeleteFirst(LyingStorage lie)
    {
        (StorageKey Key, byte[] Content)? held = null;
        lie.OnPut = (key, content, put) =>
        {
            if (Ends(key, ".verdict"))
            {
                held = (key, content);
                lie.Shown[key] = content;
                return true;
            }

            if (held is { } verdict)
                put(verdict.Key, verdict.Content);
            held = null;
            return put(key, content);
        };
        lie.OnList = (prefix, found) => prefix == StorageKey.GarbagePrefix && held is { } verdict
            ? [.. found, new StoredObject(verdict.Key, verdict.Content.Length)]
            : found;
    }
}
