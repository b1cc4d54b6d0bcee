using Snapstore.Formats;
using Snapstore.Tests.Formats;
using Snapstore.Tests.Spec;

namespace Snapstore.Fuzz;

/// <summary>The records of garbage collection, as they stand behind the seal.</summary>
internal static class GarbageTargets
{
    private static readonly SpecPage Page = SpecPage.Read("garbage.md");

    /// <summary>The targets.</summary>
    public static IEnumerable<FuzzTarget> All =>
    [
        new("origin", "OriginRecord.Decode", StartOfOrigin, GiveOrigin),
        new("pack-list", "PackListRecord.Decode", StartOfPackList, GivePackList),
        new("watch", "WatchRecord.Decode", StartOfWatch, GiveWatch),
    ];

    private static IEnumerable<byte[]> StartOfOrigin(SeededValues values) => [Page.Bytes("origin-record"), OriginRecord.Encode(Origin(values))];

    private static string? GiveOrigin(byte[] input) => Kept(input, OriginRecord.Encode(OriginRecord.Decode(input, "record")), 4);

    private static IEnumerable<byte[]> StartOfPackList(SeededValues values) =>
    [
        Page.Bytes("pack-list-record"),
        Page.Bytes("damaged-plan-record"),
        new PackListRecord(Origin(values), [.. Enumerable.Range(0, values.Int(9)).Select(_ => new PackName(values.Session(), new ObjectHash(values.Fill(ObjectHash.Size)))).Order()]).Encode(),
    ];

    private static string? GivePackList(byte[] input) => Kept(input, PackListRecord.Decode(input, "record").Encode(), 5);

    private static IEnumerable<byte[]> StartOfWatch(SeededValues values) =>
    [
        Page.Bytes("watch-record"),
        new WatchRecord(Origin(values), [.. Enumerable.Range(0, values.Int(9)).Select(_ => new WatchedSession(values.Session(), values.Size())).OrderBy(watched => watched.Session)]).Encode(),
    ];

    private static string? GiveWatch(byte[] input) => Kept(input, WatchRecord.Decode(input, "record").Encode(), 5);

    private static string? Kept(byte[] input, byte[] again, int fields) => Promise.SameFields(input, again, Enumerable.Range(1, fields));

    private static RecordOrigin Origin(SeededValues values) => new(values.Text(), values.Text(), values.Text(), values.Int64());
}
