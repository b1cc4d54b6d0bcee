using System.Buffers;
using System.Globalization;

namespace Snapstore.Storage;

/// <summary>The name of one storage object. The one file that knows where each kind lies (spec/storage.md).</summary>
public readonly record struct StorageKey
{
    /// <summary>The prefixes that a repository uses; nothing else belongs to it.</summary>
    public const string ConfigName = "config", KeysPrefix = "keys/", PacksPrefix = "packs/", IndexPrefix = "index/",
        SessionsPrefix = "sessions/", SnapshotsPrefix = "snapshots/", LabelsPrefix = "labels/",
        RetiredPrefix = "retired/", GarbagePrefix = "gc/", QuarantinePrefix = "quarantine/",
        ProbePrefix = GarbagePrefix + "probe-";

    private const string PlanSuffix = ".plan", VerdictSuffix = ".verdict", DoneSuffix = ".done", WatchInfix = ".watch-";

    private const int ShardDigits = 2, NameLengthMax = 200;

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyz-/.");

    private readonly string? _name;

    private StorageKey(string name) => _name = name;

    /// <summary>The one object that makes a place a repository.</summary>
    public static StorageKey Config => new(ConfigName);

    /// <summary>True for objects that runs read whole again and again: index objects, manifests, labels, retirements. Not for records of
    /// garbage: their numbers begin again in a mirror, and in a storage that was set back to an earlier state.</summary>
    public static bool IsKeptInCaches(StorageKey key) =>
        key.Name.StartsWith(IndexPrefix, StringComparison.Ordinal)
        || key.Name.StartsWith(SnapshotsPrefix, StringComparison.Ordinal)
        || key.Name.StartsWith(LabelsPrefix, StringComparison.Ordinal)
        || key.Name.StartsWith(RetiredPrefix, StringComparison.Ordinal);

    /// <summary>The name, relative to the storage's root, with '/' between its parts.</summary>
    public string Name => _name ?? throw new InvalidOperationException("a storage key without a name");

    /// <summary>Where the key slot of this id lies.</summary>
    public static StorageKey KeySlot(SessionId id) => new(KeysPrefix + id);

    /// <summary>Where the pack that this session wrote lies; its hash is over the stored bytes.</summary>
    public static StorageKey Pack(SessionId session, ObjectHash hash)
    {
        string hex = hash.ToString();
        return new($"{PacksPrefix}{hex[..ShardDigits]}/{session}-{hex}");
    }

    /// <summary>Where the index object number <paramref name="number"/> of this session lies.</summary>
    public static StorageKey Index(SessionId session, int number) => new(Numbered(IndexPrefix, session, number));

    /// <summary>Where the record lies that a session is at work.</summary>
    public static StorageKey Session(SessionId session) => new(SessionsPrefix + session);

    /// <summary>Where this session's manifest lies: its commit register.</summary>
    public static StorageKey Snapshot(SessionId session) => new(SnapshotsPrefix + session);

    /// <summary>Where the label number <paramref name="number"/> of this snapshot lies; the highest wins.</summary>
    public static StorageKey Label(SessionId session, int number) => new(Numbered(LabelsPrefix, session, number));

    /// <summary>Where the record lies that the snapshot of this session was forgotten.</summary>
    public static StorageKey Retired(SessionId session) => new(RetiredPrefix + session);

    /// <summary>Where the plan of this generation of garbage lies.</summary>
    public static StorageKey GarbagePlan(int generation) => Garbage(generation, PlanSuffix);

    /// <summary>Where the verdict of this generation of garbage lies.</summary>
    public static StorageKey GarbageVerdict(int generation) => Garbage(generation, VerdictSuffix);

    /// <summary>Where the record lies that the verdict of this generation was carried out.</summary>
    public static StorageKey GarbageDone(int generation) => Garbage(generation, DoneSuffix);

    /// <summary>Where the watch number <paramref name="number"/> lies over the sessions this generation waits for.</summary>
    public static StorageKey GarbageWatch(int generation, int number) =>
        Garbage(generation, WatchInfix + number.ToString(CultureInfo.InvariantCulture));

    /// <summary>Where a probe of the storage may put an object of its own.</summary>
    public static StorageKey Probe(SessionId session) => new(ProbePrefix + session);

    /// <summary>Where a copy of a damaged pack is kept, out of the way of readers.</summary>
    public static StorageKey Quarantine(StorageKey pack) => new(QuarantinePrefix + pack.Name[(pack.Name.LastIndexOf('/') + 1)..]);

    /// <summary>A key for any name that a storage listed; null where it is not one a repository could hold: other
    /// characters than a-z 0-9 - . /, more than 200, an empty part, one that begins with a dot, or the folder tmp.</summary>
    public static StorageKey? TryParse(string name)
    {
        bool isSafe = name.Length is > 0 and <= NameLengthMax
            && name.AsSpan().IndexOfAnyExcept(NameCharacters) < 0
            && name[0] is not ('/' or '.')
            && name[^1] != '/'
            && !name.Contains("//", StringComparison.Ordinal)
            && !name.Contains("/.", StringComparison.Ordinal)
            && name != TemporaryFiles.FolderName
            && !name.StartsWith(TemporaryFiles.FolderName + "/", StringComparison.Ordinal);
        return isSafe ? new StorageKey(name) : null;
    }

    /// <summary>True for what a listing may be asked for: "", or a folder with its '/'.</summary>
    internal static bool IsPrefix(string prefix) => prefix.Length == 0 || (prefix[^1] == '/' && TryParse(prefix[..^1]) is not null);

    /// <summary>The session and hash of a pack's key; false for any other key.</summary>
    public bool TryParsePack(out SessionId session, out ObjectHash hash)
    {
        session = default;
        hash = default;
        Span<byte> bytes = stackalloc byte[ObjectHash.Size];
        ReadOnlySpan<char> name = Name;
        int start = PacksPrefix.Length + ShardDigits + 1;
        const int SessionDigits = SessionId.Size * 2;
        if (name.Length != start + SessionDigits + 1 + (ObjectHash.Size * 2)
            || !name.StartsWith(PacksPrefix)
            || name[start + SessionDigits] != '-'
            || !SessionId.TryParse(name.Slice(start, SessionDigits), out session)
            || !LowerHex.TryParse(name[(start + SessionDigits + 1)..], bytes))
        {
            return false;
        }

        hash = new ObjectHash(bytes);
        return Pack(session, hash).Name == Name;
    }

    /// <summary>The id that follows a prefix, as in snapshots/ID; false where anything else follows.</summary>
    public bool TryParseId(string prefix, out SessionId id)
    {
        id = default;
        return Name.StartsWith(prefix, StringComparison.Ordinal)
            && SessionId.TryParse(Name.AsSpan(prefix.Length), out id);
    }

    /// <summary>The id and number that follow a prefix, as in index/ID-7; false where anything else follows.</summary>
    public bool TryParseNumbered(string prefix, out SessionId id, out int number)
    {
        id = default;
        number = 0;
        int dash = prefix.Length + (SessionId.Size * 2);
        return Name.StartsWith(prefix, StringComparison.Ordinal)
            && Name.Length > dash + 1
            && Name[dash] == '-'
            && SessionId.TryParse(Name.AsSpan(prefix.Length, SessionId.Size * 2), out id)
            && int.TryParse(Name.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out number)
            && Numbered(prefix, id, number) == Name;
    }

    /// <summary>The generation of garbage whose plan, verdict, done record or watch this is; false for any other key.</summary>
    public bool TryParseGarbage(out int generation)
    {
        generation = 0;
        if (!Name.StartsWith(GarbagePrefix, StringComparison.Ordinal))
            return false;
        int dot = Name.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0 || !int.TryParse(Name.AsSpan(GarbagePrefix.Length, dot - GarbagePrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out generation))
            return false;
        return this == GarbagePlan(generation) || this == GarbageVerdict(generation) || this == GarbageDone(generation)
            || TryParseWatch(out _, out _);
    }

    /// <summary>The generation and number of a watch; false for any other key.</summary>
    public bool TryParseWatch(out int generation, out int number)
    {
        (generation, number) = (0, 0);
        int infix = Name.IndexOf(WatchInfix, StringComparison.Ordinal);
        return infix > 0
            && Name.StartsWith(GarbagePrefix, StringComparison.Ordinal)
            && int.TryParse(Name.AsSpan(GarbagePrefix.Length, infix - GarbagePrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out generation)
            && int.TryParse(Name.AsSpan(infix + WatchInfix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out number)
            && this == GarbageWatch(generation, number);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static StorageKey Garbage(int generation, string suffix) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{GarbagePrefix}{generation}{suffix}"));

    private static string Numbered(string prefix, SessionId id, int number) =>
        string.Create(CultureInfo.InvariantCulture, $"{prefix}{id}-{number}");
}
