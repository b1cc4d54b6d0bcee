using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Storage;

namespace Snapstore.Repositories;

/// <summary>The generations of garbage as they are recorded now: what is condemned, what is open
/// (spec/protocols/garbage.md).</summary>
public sealed class GarbageLog
{
    private readonly Repository _repository;
    private readonly SortedSet<int> _plans = [], _verdicts = [], _done = [];
    private readonly SortedSet<(int Generation, int Number)> _watches = [];

    private GarbageLog(Repository repository) => _repository = repository;

    /// <summary>The newest generation that was planned; 0 where none ever was.</summary>
    public int Newest => _plans.Max;

    /// <summary>The oldest generation whose verdict was not carried out yet; 0 where there is none. There is one at most, but a
    /// generation that is passed over would be condemned for ever.</summary>
    public int Open => _plans.FirstOrDefault(plan => !_done.Contains(plan));

    /// <summary>Lists `gc/`. What is condemned is read by <see cref="Condemned"/>.</summary>
    public static GarbageLog List(Repository repository)
    {
        GarbageLog log = new(repository);
        foreach (StoredObject found in repository.Storage.List(StorageKey.GarbagePrefix))
        {
            if (found.Key.TryParseWatch(out int generation, out int number))
                log._watches.Add((generation, number));
            else if (found.Key.TryParseGarbage(out generation))
                (found.Key == StorageKey.GarbagePlan(generation) ? log._plans : found.Key == StorageKey.GarbageVerdict(generation) ? log._verdicts : log._done).Add(generation);
        }

        return log;
    }

    /// <summary>The packs no session may rely on: those of plans without a verdict, and all that any verdict deletes, for
    /// a program that was suspended may still delete them.</summary>
    /// <exception cref="CorruptDataException">A record does not open: then nobody can tell, and nothing may be written.</exception>
    public HashSet<StorageKey> Condemned() =>
        [.. Deleted(), .. Requests.InOrder(_repository.Storage, _plans.Except(_verdicts), ReadPlan).SelectMany(KeysOf)];

    /// <summary>The packs that some verdict deletes: those that are there all the same are nobody's.</summary>
    /// <exception cref="CorruptDataException">A verdict does not open.</exception>
    public HashSet<StorageKey> Deleted() => [.. Requests.InOrder(_repository.Storage, _verdicts, ReadVerdict).SelectMany(KeysOf)];

    /// <summary>True where this generation has its verdict.</summary>
    public bool HasVerdict(int generation) => _verdicts.Contains(generation);

    /// <summary>The plan of a generation.</summary>
    public PackListRecord ReadPlan(int generation) => Read(StorageKey.GarbagePlan(generation), SealKind.GarbagePlan, generation);

    /// <summary>The verdict of a generation.</summary>
    public PackListRecord ReadVerdict(int generation) => Read(StorageKey.GarbageVerdict(generation), SealKind.GarbageVerdict, generation);

    /// <summary>The watches of a generation, oldest first.</summary>
    public IReadOnlyList<WatchRecord> ReadWatches(int generation) =>
        [.. _watches.Where(watch => watch.Generation == generation).Select(watch => WatchRecord.Decode(
            OpenRecord(StorageKey.GarbageWatch(generation, watch.Number), SealKind.GarbageWatch, generation), StorageKey.GarbageWatch(generation, watch.Number).Name))];

    private static IEnumerable<StorageKey> KeysOf(PackListRecord record) =>
        record.Packs.Select(pack => StorageKey.Pack(pack.Session, pack.Hash));

    private byte[] OpenRecord(StorageKey key, SealKind kind, int generation) => _repository.Open(key, kind, default, generation);

    private PackListRecord Read(StorageKey key, SealKind kind, int generation) =>
        PackListRecord.Decode(OpenRecord(key, kind, generation), key.Name);
}
