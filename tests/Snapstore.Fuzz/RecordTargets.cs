using Snapstore.Formats;
using Snapstore.Tests.Formats;
using Snapstore.Tests.Spec;

namespace Snapstore.Fuzz;

/// <summary>Records as they stand behind the seal: manifest, session record, label; and the frame that pads them.</summary>
internal static class RecordTargets
{
    private const int ManifestFields = 18, WarningsField = 16, CommandField = 17, DurationField = 3;

    private static readonly SpecPage Page = SpecPage.Read("manifest.md");

    /// <summary>The targets.</summary>
    public static IEnumerable<FuzzTarget> All =>
    [
        new("padding", "Padding.Unpad", StartOfPadding, GivePadding) { AllocationBase = 4 << 20 },
        new("manifest", "Manifest.Decode", StartOfManifest, GiveManifest),
        new("session", "SessionRecord.Decode", StartOfSession, GiveSession),
        new("label", "SnapshotLabel.Decode", StartOfLabel, GiveLabel),
    ];

    private static IEnumerable<byte[]> StartOfPadding(SeededValues values) =>
        [SpecPage.Read("records.md").Bytes("padded"), Padding.Pad(values.Bytes(600)), Padding.Pad(values.Bytes(20), 30 + values.Int(100))];

    private static string? GivePadding(byte[] input) =>
        Promise.SameBytes(input, Padding.Pad(Padding.Unpad(input, "frame"), input.Length));

    private static IEnumerable<byte[]> StartOfManifest(SeededValues values) => [Page.Bytes("manifest"), RandomManifest(values).Encode()];

    private static string? GiveManifest(byte[] input)
    {
        Manifest manifest = Manifest.Decode(input);
        byte[] once = manifest.Encode();
        IEnumerable<int> known = Enumerable.Range(1, ManifestFields)
            .Where(number => number != CommandField && (number != WarningsField || manifest.Warnings.Count <= Limits.ManifestWarningsMax));
        return Promise.SameFields(input, once, known)
            ?? GiveCommand(input, once)
            ?? Promise.Stable(once, Manifest.Decode(once).Encode());
    }

    // The duration is kept to 100 ns: what is below that is lost.
    private static string? GiveCommand(byte[] input, byte[] again)
    {
        byte[]? command = new FieldReader(input, "input", static _ => true).Bytes(CommandField);
        return command is null
            ? null
            : Promise.SameFields(command, new FieldReader(again, "again", static _ => true).Bytes(CommandField)!, [1, 2, DurationField + 1]);
    }

    private static IEnumerable<byte[]> StartOfSession(SeededValues values) =>
    [
        Page.Bytes("session-record"),
        new SessionRecord(values.Text(), values.Text(), values.Text(), values.Int(int.MaxValue), values.Int64(), values.Text()).Encode(),
    ];

    private static string? GiveSession(byte[] input)
    {
        byte[] once = SessionRecord.Decode(input).Encode();
        return Promise.SameFields(input, once, Enumerable.Range(1, 6)) ?? Promise.Stable(once, SessionRecord.Decode(once).Encode());
    }

    private static IEnumerable<byte[]> StartOfLabel(SeededValues values) =>
        [Page.Bytes("label"), new SnapshotLabel(values.Texts(), values.Int64(), values.Bool()).Encode(), Page.Bytes("label-held")];

    private static string? GiveLabel(byte[] input)
    {
        byte[] once = SnapshotLabel.Decode(input).Encode();
        return Promise.SameFields(input, once, [1, 2]) ?? Promise.Stable(once, SnapshotLabel.Decode(once).Encode());
    }

    private static Manifest RandomManifest(SeededValues values) => new()
    {
        Root = values.Id(),
        Source = (SourceKind)(1 + values.Int(3)),
        Paths = [.. Enumerable.Range(0, values.Int(4)).Select(_ => values.Name())],
        Host = values.Text(),
        User = values.Text(),
        TimeNanoseconds = values.Int64(),
        StartNanoseconds = values.Int64(),
        EndNanoseconds = values.Int64(),
        Tags = values.Texts(),
        Program = values.Text(),
        Parent = values.Bool() ? values.Session() : null,
        Sequence = values.Size(),
        ParentHash = values.Bool() ? new ObjectHash(values.Fill(ObjectHash.Size)) : null,
        Counts = new SnapshotCounts { Files = values.Size(), Bytes = values.Size(), BytesStored = values.Size() },
        WarningCount = values.Size(),
        Warnings = values.Texts(),
        Command = values.Bool() ? new CommandFacts(values.Texts(), values.Int(int.MaxValue), TimeSpan.FromSeconds(values.Int(100)), values.Bytes(50)) : null,
        Excludes = values.Texts(),
    };
}
