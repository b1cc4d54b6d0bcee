using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Hashing;
using Snapstore.Tests.Formats;
using Snapstore.Tests.Spec;

namespace Snapstore.Fuzz;

/// <summary>Config, key slot and envelope: their stored bytes, of which none may change unnoticed, and the records
/// inside, sealed anew with the real keys so that only the decoder stands in the way.</summary>
internal static class SealedTargets
{
    private const int PlainSize = 30, LabelOffset = 1140;

    private static readonly SpecPage Configs = SpecPage.Read("config.md");
    private static readonly SpecPage Slots = SpecPage.Read("key-slot.md");
    private static readonly KeyRing Keys = SpecValues.NewKeys();
    private static readonly SlotSecret Secret = SlotSecret.OfKeyFile(SpecValues.KeyFile);
    private static readonly SealContext LabelContext = new(SealKind.KeyLabel, SpecValues.Repository, SpecValues.Slot);
    private static readonly SealContext EnvelopeContext = new(SealKind.Label, SpecValues.Repository, SpecValues.Session, Number: 3);
    private static readonly byte[] Config = Configs.Bytes("config");
    private static readonly byte[] Slot = Slots.Bytes("key-slot");
    private static readonly byte[] Sealed = SpecPage.Read("sealing.md").Bytes("envelope");

    /// <summary>The targets.</summary>
    public static IEnumerable<FuzzTarget> All =>
    [
        new("envelope", "Envelope.Open", static _ => [Sealed], GiveEnvelope),
        new("config-plain", "RepositoryConfig.DecodePlain", static _ => [Config[..PlainSize], Configs.Bytes("plain-part-with-features")], GiveConfigPlain),
        new("config-record", "RepositoryConfig.Decode, the sealed record", StartOfConfigRecord, GiveConfigRecord),
        new("config", "RepositoryConfig.Decode, the stored bytes", static _ => [Config], GiveConfig),
        new("key-slot", "KeySlot.Decode, TryOpen and Label, the stored bytes", static _ => [Slot], GiveSlot),
        new("key-bundle", "KeySlot.DecodeBundle, the sealed record", StartOfBundle, GiveBundle),
        new("key-label", "KeySlot.Label, the sealed record", StartOfKeyLabel, GiveKeyLabel),
    ];

    private static string? GiveEnvelope(byte[] input)
    {
        _ = Envelope.Open(Keys, EnvelopeContext, input, "envelope");
        return Promise.Authentic([Sealed], input);
    }

    private static string? GiveConfigPlain(byte[] input)
    {
        RepositoryConfig config = RepositoryConfig.DecodePlain(input);
        return Promise.SameBytes(input.AsSpan(0, Math.Min(PlainSize, input.Length)), config.Encode(Keys, SpecValues.Salt).AsSpan(0, PlainSize));
    }

    private static IEnumerable<byte[]> StartOfConfigRecord(SeededValues values)
    {
        RepositoryConfig config = new(SpecValues.Repository, [], [], values.Text(), values.Size(), values.Text());
        return [Configs.Bytes("config-record"), .. config.Chunker.Length > 0 ? [ConfigRecord(config.Encode(Keys, SpecValues.Salt))] : Array.Empty<byte[]>()];
    }

    private static string? GiveConfigRecord(byte[] input)
    {
        byte[] sealedRecord = Envelope.Seal(Keys, ConfigContext(), input, length: 0, SpecValues.Salt);
        byte[] once = RepositoryConfig.Decode([.. Config[..PlainSize], .. sealedRecord], Keys).Encode(Keys, SpecValues.Salt);
        return Promise.SameFields(input, ConfigRecord(once), [1, 2, 3])
            ?? TakesItself(once);

        static string? TakesItself(byte[] once) =>
            Promise.Stable(once, RepositoryConfig.Decode(once, Keys).Encode(Keys, SpecValues.Salt));
    }

    private static string? GiveConfig(byte[] input)
    {
        _ = RepositoryConfig.Decode(input, Keys);
        return Promise.Authentic([Config], input);
    }

    private static string? GiveSlot(byte[] input)
    {
        KeySlot slot = KeySlot.Decode(SpecValues.Slot, SpecValues.Repository, input);
        _ = slot.Cost.IsAcceptable;
        using KeyRing? keys = slot.TryOpen(Secret);
        if (keys is null)
            return FuzzTarget.Refused;
        _ = slot.Label(keys, SpecValues.Repository);
        return Promise.Authentic([Slot], input);
    }

    private static IEnumerable<byte[]> StartOfBundle(SeededValues values)
    {
        byte[] whole = Slots.Bytes("bundle");
        // A bundle that lacks keys.
        return [whole, EncodeBundle(Enum.GetValues<KeyPurpose>().Where(_ => values.Bool()), static _ => new byte[KeyRing.KeySize])];
    }

    private static string? GiveBundle(byte[] input)
    {
        using KeyRing keys = KeySlot.DecodeBundle(input, "bundle");
        return Promise.SameFields(input, EncodeBundle(keys.Held, purpose => keys[purpose].ToArray()), [1, .. Enumerable.Range(17, 8)]);
    }

    private static byte[] EncodeBundle(IEnumerable<KeyPurpose> held, Func<KeyPurpose, byte[]> key)
    {
        FieldWriter fields = new();
        fields.Varint(1, critical: true, KeyRing.Epoch);
        foreach (KeyPurpose purpose in held)
            fields.Bytes(16 + (int)purpose, critical: true, key(purpose));
        return fields.Written.ToArray();
    }

    private static IEnumerable<byte[]> StartOfKeyLabel(SeededValues values) =>
        [Slots.Bytes("key-label"), LabelRecord(new KeyLabel(values.Text(), values.Text(), values.Text(), values.Size()))];

    private static string? GiveKeyLabel(byte[] input)
    {
        KeyLabel label = LabelOf(input);
        byte[] once = LabelRecord(label);
        return Promise.SameFields(input, once, [1, 2, 3, 4]) ?? Promise.Stable(once, LabelRecord(LabelOf(once)));
    }

    private static KeyLabel LabelOf(byte[] record)
    {
        byte[] sealedRecord = Envelope.Seal(Keys, LabelContext, record, length: 0, SpecValues.Salt);
        return KeySlot.Decode(SpecValues.Slot, SpecValues.Repository, [.. Slot[..LabelOffset], .. sealedRecord]).Label(Keys, SpecValues.Repository);
    }

    private static byte[] LabelRecord(KeyLabel label)
    {
        KeySlot slot = KeySlot.Create(SpecValues.Slot, Keys, SpecValues.Repository, Secret, KdfCost.Default, label, SpecValues.Salt);
        return Envelope.Open(Keys, LabelContext, slot.Stored[LabelOffset..], "label");
    }

    private static byte[] ConfigRecord(byte[] stored) => Envelope.Open(Keys, ConfigContext(), stored.AsSpan(PlainSize), "config");

    private static SealContext ConfigContext()
    {
        Span<byte> hash = stackalloc byte[ObjectHash.Size];
        Blake3.Hash(Config.AsSpan(0, PlainSize), hash);
        return new SealContext(SealKind.Config, SpecValues.Repository, Before: new ObjectHash(hash));
    }
}
