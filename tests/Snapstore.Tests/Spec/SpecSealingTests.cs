using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Hashing;

namespace Snapstore.Tests.Spec;

/// <summary>spec/formats/sealing.md, config.md and key-slot.md against the program.</summary>
public sealed class SpecSealingTests
{
    private static readonly SpecPage Sealing = SpecPage.Read("sealing.md");
    private static readonly SpecPage Config = SpecPage.Read("config.md");
    private static readonly SpecPage KeySlots = SpecPage.Read("key-slot.md");

    private static byte[] Hello => "hello"u8.ToArray();

    private static RepositoryConfig ExampleConfig =>
        new(SpecValues.Repository, [], [], "cdc:65536", SpecValues.NewYear, "snapstore 0.1");

    private static KeyLabel ExampleKeyLabel => new("laptop", "host", "ada", SpecValues.NewYear);

    [Fact]
    public void Blob_ids_are_those_of_the_page()
    {
        using KeyRing keys = SpecValues.NewKeys();
        Assert.Equal(new BlobId(Sealing.Bytes("data-id")), keys.DataId(Hello));
        Assert.Equal(new BlobId(Sealing.Bytes("meta-id")), keys.MetaId(Hello));
    }

    [Fact]
    public void Contexts_are_those_of_the_page() => Assert.Equal(Sealing.Bytes("context"), SegmentContext());

    [Fact]
    public void Keys_nonces_and_commitments_are_derived_as_on_the_page()
    {
        using KeyRing keys = SpecValues.NewKeys();
        byte[] input = [.. "snapstore v1 seal"u8, SealContext.Size, 0, .. SegmentContext(), .. SpecValues.Salt];
        byte[] derived = new byte[76];
        Blake3.HashKeyed(keys[KeyPurpose.Data], input, derived);
        Assert.Equal(Sealing.Bytes("derived"), derived);
    }

    [Fact]
    public void A_sealed_message_is_that_of_the_page()
    {
        using KeyRing keys = SpecValues.NewKeys();
        byte[] message = new byte[Sealer.Overhead + Hello.Length];
        SpecValues.Salt.CopyTo(message, 0);
        Sealer.SealWithSalt(keys[KeyPurpose.Data], SegmentContext(), Hello, message);
        Assert.Equal(Sealing.Bytes("sealed"), message);

        byte[] opened = new byte[Hello.Length];
        Assert.True(Sealer.TryOpen(keys, KeyPurpose.Data, SegmentContext(), Sealing.Bytes("sealed"), opened));
        Assert.Equal(Hello, opened);
    }

    [Fact]
    public void An_envelope_is_that_of_the_page()
    {
        using KeyRing keys = SpecValues.NewKeys();
        SealContext context = new(SealKind.Label, SpecValues.Repository, SpecValues.Session, Number: 3);
        byte[] record = SpecPage.Read("manifest.md").Bytes("label");
        Assert.Equal(Sealing.Bytes("envelope"), Envelope.Seal(keys, context, record, length: 0, SpecValues.Salt));
        Assert.Equal(record, Envelope.Open(keys, context, Sealing.Bytes("envelope"), "the page"));
    }

    [Fact]
    public void A_config_is_that_of_the_page()
    {
        using KeyRing keys = SpecValues.NewKeys();
        Assert.Equal(Config.Bytes("config"), ExampleConfig.Encode(keys, SpecValues.Salt));

        RepositoryConfig read = RepositoryConfig.Decode(Config.Bytes("config"), keys);
        Assert.Equal(ExampleConfig with { RequiredToRead = read.RequiredToRead, RequiredToWrite = read.RequiredToWrite }, read);
        Assert.Empty(read.RequiredToRead.Concat(read.RequiredToWrite));
    }

    [Fact]
    public void A_config_with_locks_is_that_of_the_page()
    {
        using KeyRing keys = SpecValues.NewKeys();
        RepositoryConfig locked = ExampleConfig with { RequiredToWrite = [RepositoryConfig.ObjectLockFeature], ObjectLock = "compliance:30" };
        byte[] stored = Config.Bytes("config-with-lock");
        Assert.Equal(stored, locked.Encode(keys, SpecValues.Salt));
        RepositoryConfig read = RepositoryConfig.Decode(stored, keys);
        Assert.Equal(("compliance:30", RepositoryConfig.ObjectLockFeature), (read.ObjectLock, Assert.Single(read.RequiredToWrite)));
        read.CheckWritable();
        FieldReader fields = new(Config.Bytes("config-record-with-lock"), "config", static number => number <= 4);
        Assert.Equal(("compliance:30", read.Chunker), (fields.Text(4), fields.Text(1)));

        // Whoever takes the feature out of the plain part, so that older programs write, makes it a config that does not open.
        byte[] without = [.. stored[..12], 0, 0, .. stored[14..30], .. stored[42..]];
        Assert.Throws<CorruptDataException>(() => RepositoryConfig.Decode(without, keys));
    }

    [Theory]
    [InlineData("compliance:30", Snapstore.Storage.ObjectLockMode.Compliance, 30, 8)]
    [InlineData("governance:1", Snapstore.Storage.ObjectLockMode.Governance, 1, 1)]
    [InlineData("compliance:3650", Snapstore.Storage.ObjectLockMode.Compliance, 3650, 30)]
    public void Terms_of_locks_are_read_as_they_are_written(string text, Snapstore.Storage.ObjectLockMode mode, int days, int spare)
    {
        Snapstore.Storage.ObjectLockTerms terms = Snapstore.Storage.ObjectLockTerms.Parse(text);
        Assert.Equal((new Snapstore.Storage.ObjectLockTerms(mode, days), text, spare), (terms, terms.ToString(), (int)terms.Spare.TotalDays));
    }

    [Theory]
    [InlineData("")]
    [InlineData("compliance")]
    [InlineData("compliance:0")]
    [InlineData("compliance:3651")]
    [InlineData("compliance:+3")]
    [InlineData("forever:3")]
    [InlineData("compliance:3:4")]
    public void Terms_that_a_later_program_wrote_are_refused(string text) =>
        Assert.Throws<UnsupportedException>(() => Snapstore.Storage.ObjectLockTerms.Parse(text));

    [Fact]
    public void A_config_of_a_later_program_is_refused_by_name()
    {
        UnsupportedException refusal = Assert.Throws<UnsupportedException>(
            () => RepositoryConfig.DecodePlain(Config.Bytes("plain-part-with-features")));
        Assert.Contains("new-tree", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("seal-x25519", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Argon2id_is_that_of_its_authors()
    {
        using SlotSecret secret = SlotSecret.OfPassword("correct horse"u8);
        byte[] stretched = new byte[SlotSecret.StretchedSize];
        secret.Stretch("sixteen bytes..."u8, new KdfCost(65536, 3), stretched);
        Assert.Equal(KeySlots.Bytes("argon2id"), stretched);
    }

    [Fact]
    public void A_key_files_secret_is_that_of_the_page()
    {
        using SlotSecret secret = SlotSecret.OfKeyFile(SpecValues.KeyFile);
        byte[] stretched = new byte[SlotSecret.StretchedSize];
        secret.Stretch([], default, stretched);
        Assert.Equal(KeySlots.Bytes("key-file-secret"), stretched);
    }

    [Fact]
    public void A_key_slot_is_that_of_the_page()
    {
        using KeyRing keys = SpecValues.NewKeys();
        using SlotSecret secret = SlotSecret.OfKeyFile(SpecValues.KeyFile);
        KeySlot made = KeySlot.Create(
            SpecValues.Slot, keys, SpecValues.Repository, secret, KdfCost.Default, ExampleKeyLabel, SpecValues.Salt);
        Assert.Equal(KeySlots.Bytes("key-slot"), made.Stored.ToArray());

        KeySlot read = KeySlot.Decode(SpecValues.Slot, SpecValues.Repository, KeySlots.Bytes("key-slot"));
        using KeyRing? opened = read.TryOpen(secret);
        Assert.NotNull(opened);
        foreach (KeyPurpose purpose in Enum.GetValues<KeyPurpose>())
            Assert.Equal(keys[purpose].ToArray(), opened[purpose].ToArray());
        Assert.Equal(ExampleKeyLabel, read.Label(opened, SpecValues.Repository));
    }

    [Fact]
    public void The_sealed_records_are_those_of_their_pages()
    {
        // What was sealed above, in clear: the objects hold these bytes, padded.
        using KeyRing keys = SpecValues.NewKeys();
        byte[] config = Config.Bytes("config");
        const int PlainSize = 30;
        byte[] hash = new byte[ObjectHash.Size];
        Blake3.Hash(config.AsSpan(0, PlainSize), hash);
        SealContext configContext = new(SealKind.Config, SpecValues.Repository, Before: new ObjectHash(hash));
        Assert.Equal(Config.Bytes("config-record"), Envelope.Open(keys, configContext, config.AsSpan(PlainSize), "config"));

        SealContext labelContext = new(SealKind.KeyLabel, SpecValues.Repository, SpecValues.Slot);
        byte[] slot = KeySlots.Bytes("key-slot");
        Assert.Equal(KeySlots.Bytes("key-label"), Envelope.Open(keys, labelContext, slot.AsSpan(1140), "label"));

        FieldReader bundle = new(KeySlots.Bytes("bundle"), "bundle", static number => number is 1 or (> 16 and <= 24));
        Assert.Equal(1UL, bundle.Varint(1));
        foreach (KeyPurpose purpose in Enum.GetValues<KeyPurpose>())
            Assert.Equal(keys[purpose].ToArray(), bundle.Required(16 + (int)purpose, KeyRing.KeySize));
    }

    private static byte[] SegmentContext()
    {
        byte[] context = new byte[SealContext.Size];
        new SealContext(SealKind.DataSegment, SpecValues.Repository).Encode(context);
        return context;
    }
}
