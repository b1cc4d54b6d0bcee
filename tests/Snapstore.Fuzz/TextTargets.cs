using System.Text;
using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Maintenance;
using Snapstore.Repositories;
using Snapstore.Storage;
using Snapstore.Tests.Formats;
using Snapstore.Tests.Spec;

namespace Snapstore.Fuzz;

/// <summary>What users and storages write as text: object names, patterns, times, snapshots, key files.</summary>
internal static class TextTargets
{
    private static readonly TimeProvider Clock = new FixedClock();
    private static readonly SnapshotSelector Selector = new(new SnapshotList(SomeSnapshots(), [], []), SnapshotFilter.All, Clock);

    /// <summary>The targets.</summary>
    public static IEnumerable<FuzzTarget> All =>
    [
        new("storage-key", "StorageKey.TryParse and its parts", StartOfKey, GiveKey) { Words = Words("packs/", "index/", "-", "tmp", "/", "..", "0", "2147483648") },
        .. PatternTargets.All,
        new("time", "SnapshotTime.TryParseStart and TryParseEnd", StartOfTime, GiveTime)
        {
            Words = Words("9999", "0001", "-12-31", "T", "23:59", ":59", ".9999999", "Z", "+14:00", "-14:00", "999999y", "999999mo", "999999d", " ago", "1s"),
        },
        new("snapshot", "SnapshotSelector.SelectPath", StartOfSnapshot, GiveSnapshot) { Words = Words("latest", "~", "2147483648", ":/", "..", "a0a1", "/./", "2d") },
        new("key-file", "SlotSecret.OfKeyFile", static _ => [Encoding.UTF8.GetBytes(SpecValues.KeyFile)], GiveKeyFile) { Words = Words("snapstore-key-1:", "\n", " ", "ff") },
        new("read-data", "ReadDataSelection.Parse", static _ => [.. Words("all", "5%", "1/7", "100%", "0.5%")], GiveReadData) { Words = Words("%", "/", "NaN", "1e9", "2147483648", ".", "-1") },
    ];

    /// <summary>Texts as bytes.</summary>
    public static byte[][] Words(params string[] texts) => [.. texts.Select(Encoding.UTF8.GetBytes)];

    private static IEnumerable<byte[]> StartOfKey(SeededValues values)
    {
        StorageKey[] keys =
        [
            StorageKey.Config, StorageKey.KeySlot(values.Session()), StorageKey.Pack(values.Session(), new ObjectHash(values.Fill(ObjectHash.Size))),
            StorageKey.Index(values.Session(), values.Int(int.MaxValue)), StorageKey.Session(values.Session()), StorageKey.Label(values.Session(), values.Int(20)),
        ];
        return keys.Select(key => Encoding.Latin1.GetBytes(key.Name));
    }

    private static string? GiveKey(byte[] input)
    {
        string name = Encoding.Latin1.GetString(input);
        if (StorageKey.TryParse(name) is not { } key)
            return FuzzTarget.Refused;
        bool isSame = key.Name == name && name.Split('/').All(static part => part.Length > 0 && part[0] != '.');
        if (key.TryParsePack(out SessionId session, out ObjectHash hash))
            isSame &= StorageKey.Pack(session, hash) == key;
        if (key.TryParseNumbered(StorageKey.IndexPrefix, out SessionId writer, out int number))
            isSame &= StorageKey.Index(writer, number) == key;
        if (key.TryParseId(StorageKey.SnapshotsPrefix, out SessionId id))
            isSame &= StorageKey.Snapshot(id) == key;
        return isSame ? null : $"takes '{name}' for the name of another object";
    }

    private static IEnumerable<byte[]> StartOfTime(SeededValues values) =>
    [
        .. Words("2026-11-01", "2026-11-01T12:00", "2026-11-01 12:00:59", "2026-11-01T12:00:00.1234567", "2026-11-01T12:00Z", "2026-11-01T12:00:00+02:00"),
        .. Words("2d", "3h ago", "1y2mo3w4d5h6min7s", "9999-12-31T23:59:59.9999999-14:00", "0001-01-01T00:00:00+14:00", $"{values.Int(1000000)}y"),
    ];

    private static string? GiveTime(byte[] input)
    {
        string text = Encoding.UTF8.GetString(input);
        long? start = SnapshotTime.TryParseStart(text, Clock);
        long? end = SnapshotTime.TryParseEnd(text, Clock);
        if (start is null && end is null)
            return FuzzTarget.Refused;
        return start <= end ? null : $"'{text}' is from {start} to {end}";
    }

    private static IEnumerable<byte[]> StartOfSnapshot(SeededValues values) =>
        [.. Words("latest", "latest~1:/a/b", "a0a1a2a3", "2026-11-01T12:00:/etc", "2d"), [.. "latest:/"u8, .. values.Name()]];

    private static string? GiveSnapshot(byte[] input)
    {
        byte[] path = Selector.SelectPath(input).Path;
        bool isClean = path.Length == 0 || (path[0] == '/' && path[^1] != '/' && path.AsSpan().IndexOf("//"u8) < 0 && path.AsSpan().IndexOf("/../"u8) < 0);
        return isClean ? null : $"gives the path {Convert.ToHexStringLower(path)}";
    }

    private static string? GiveKeyFile(byte[] input)
    {
        string text = Encoding.UTF8.GetString(input);
        using SlotSecret secret = SlotSecret.OfKeyFile(text);
        return secret.IsKeyFile && text.Trim().Length == SpecValues.KeyFile.Trim().Length ? null : "takes what is no key file";
    }

    private static string? GiveReadData(byte[] input) =>
        ReadDataSelection.Parse(Encoding.UTF8.GetString(input)).IsNone ? "selects nothing" : null;

    private static Snapshot[] SomeSnapshots() =>
    [
        .. new[] { SpecValues.Session, SpecValues.Parent, SpecValues.Slot }.Select((id, number) =>
            new Snapshot(id, new Manifest { Root = default, Source = SourceKind.Files, TimeNanoseconds = number * 1_000_000_000_000_000_000 }, [], default)),
    ];

    // East of Greenwich by more than half a day, so that the ends of the calendar are near.
    private sealed class FixedClock : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone { get; } = TimeZoneInfo.CreateCustomTimeZone("far", new TimeSpan(13, 45, 0), null, null);

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddSeconds(SpecValues.NewYear);
    }
}
