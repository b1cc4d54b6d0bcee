using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Hashing;
using Snapstore.Tests.Spec;

namespace Snapstore.Tests.Formats;

public sealed class RepositoryConfigTests : IDisposable
{
    private static readonly RepositoryConfig Plain = new(SpecValues.Repository, [], [], "cdc:65536", 1, "snapstore");

    private readonly KeyRing _keys = SpecValues.NewKeys();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public void Decodes_what_was_encoded() => SeededValues.ForAll(values =>
    {
        RepositoryConfig config = new(values.Session(), [], [], "cdc:" + values.UInt32(), values.Size(), values.Text());
        Assert.Equivalent(config, RepositoryConfig.Decode(config.Encode(_keys), _keys), strict: true);
        Assert.Equal(config.Repository, RepositoryConfig.DecodePlain(config.Encode(_keys)).Repository);
    });

    [Fact]
    public void Detects_every_flipped_bit_of_the_plain_part_too()
    {
        byte[] stored = (Plain with { RequiredToWrite = ["later"] }).Encode(_keys);
        for (int bit = 0; bit < stored.Length * 8; bit++)
        {
            stored[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.ThrowsAny<SnapstoreException>(() => RepositoryConfig.Decode(stored, _keys));
            stored[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Detects_every_truncation()
    {
        byte[] stored = Plain.Encode(_keys);
        for (int length = 0; length < stored.Length; length++)
            Assert.ThrowsAny<SnapstoreException>(() => RepositoryConfig.Decode(stored.AsSpan(0, length), _keys));
    }

    [Fact]
    public void Refuses_a_feature_required_to_read_by_name_and_without_a_key()
    {
        byte[] stored = (Plain with { RequiredToRead = ["sealed-to-public-keys"] }).Encode(_keys);
        UnsupportedException refusal = Assert.Throws<UnsupportedException>(() => RepositoryConfig.DecodePlain(stored));
        Assert.Contains("sealed-to-public-keys", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_but_does_not_write_where_a_feature_is_required_to_write()
    {
        byte[] stored = (Plain with { RequiredToWrite = ["b-later", "a-later"] }).Encode(_keys);
        RepositoryConfig config = RepositoryConfig.Decode(stored, _keys);
        Assert.Equal(["a-later", "b-later"], config.RequiredToWrite);
        UnsupportedException refusal = Assert.Throws<UnsupportedException>(config.CheckWritable);
        Assert.Contains("a-later, b-later", refusal.Message, StringComparison.Ordinal);
        RepositoryConfig.Decode(Plain.Encode(_keys), _keys).CheckWritable();
    }

    [Fact]
    public void A_plain_part_that_was_altered_fails_authentication()
    {
        // A storage that takes a feature away must not make an old program write.
        byte[] altered = (Plain with { RequiredToWrite = ["later"] }).Encode(_keys);
        byte[] without = [.. altered[..12], 0, 0, .. altered[14..30], .. altered[36..]];
        Assert.Equal([], RepositoryConfig.DecodePlain(without).RequiredToWrite);
        Assert.Throws<CorruptDataException>(() => RepositoryConfig.Decode(without, _keys));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\u001b[2J")]
    [InlineData("Upper")]
    [InlineData("with space")]
    public void Refuses_names_of_features_that_a_terminal_could_obey(string name) =>
        Assert.Throws<CorruptDataException>(() => RepositoryConfig.DecodePlain((Plain with { RequiredToRead = [name] }).Encode(_keys)));

    [Fact]
    public void Refuses_features_twice_or_unsorted() => Assert.Throws<CorruptDataException>(
        () => RepositoryConfig.DecodePlain((Plain with { RequiredToWrite = ["a", "a"] }).Encode(_keys)));

    [Fact]
    public void Refuses_a_version_it_does_not_know_before_all_else()
    {
        UnsupportedException refusal = Assert.Throws<UnsupportedException>(static () => RepositoryConfig.DecodePlain([.. "SNAPSTOR"u8, 2, 0]));
        Assert.Contains("version 2", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_that_there_is_no_repository_where_config_is_something_else() =>
        Assert.Throws<RepositoryNotFoundException>(static () => RepositoryConfig.DecodePlain("[core]\n\tbare = false\n"u8));

    [Fact]
    public void Refuses_a_config_that_does_not_say_how_content_is_cut()
    {
        byte[] plain = Plain.Encode(_keys)[..30];
        byte[] hash = new byte[ObjectHash.Size];
        Blake3.Hash(plain, hash);
        SealContext context = new(SealKind.Config, SpecValues.Repository, Before: new ObjectHash(hash));
        Assert.Throws<CorruptDataException>(() => RepositoryConfig.Decode([.. plain, .. Envelope.Seal(_keys, context, [])], _keys));
    }

    [Fact]
    public void Gives_a_value_or_an_error_for_any_bytes() => SeededValues.ForAll(static values =>
        AnyBytes.Give(static bytes => RepositoryConfig.DecodePlain(bytes), [.. "SNAPSTOR"u8, 1, 0, .. values.Bytes(60)]));
}
