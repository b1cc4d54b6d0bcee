using Snapstore.Crypto;
using Snapstore.Tests.Spec;

namespace Snapstore.Tests.Crypto;

public sealed class KeyRingTests
{
    [Fact]
    public void Every_purpose_has_a_random_key_of_its_own()
    {
        using KeyRing first = KeyRing.Generate();
        using KeyRing second = KeyRing.Generate();
        HashSet<string> keys = [];
        foreach (KeyPurpose purpose in Enum.GetValues<KeyPurpose>())
        {
            Assert.True(keys.Add(Convert.ToHexString(first[purpose])));
            Assert.True(keys.Add(Convert.ToHexString(second[purpose])));
        }

        Assert.Equal(Enum.GetValues<KeyPurpose>(), first.Held);
    }

    [Fact]
    public void Data_and_meta_blobs_never_share_an_id()
    {
        using KeyRing keys = SpecValues.NewKeys();
        Assert.NotEqual(keys.DataId("same"u8), keys.MetaId("same"u8));
        Assert.NotEqual(keys.DataId("same"u8), keys.DataId("other"u8));
        Assert.Equal(keys.DataId("same"u8), keys.DataId("same"u8));
    }

    [Fact]
    public void Two_repositories_name_the_same_plaintext_differently()
    {
        using KeyRing first = KeyRing.Generate();
        using KeyRing second = KeyRing.Generate();
        Assert.NotEqual(first.DataId("same"u8), second.DataId("same"u8));
    }

    [Fact]
    public void Keys_are_zeroed_and_refused_when_disposed()
    {
        KeyRing keys = KeyRing.Generate();
        ReadOnlySpan<byte> key = keys[KeyPurpose.Data];
        Assert.True(key.ContainsAnyExcept((byte)0));
        keys.Dispose();
        Assert.False(key.ContainsAnyExcept((byte)0));

        // A ring of zeros would seal, under a key that everyone knows.
        Assert.Throws<ObjectDisposedException>(() => keys[KeyPurpose.Data].Length);
        Assert.Throws<ObjectDisposedException>(() => keys.DataId([]));
        Assert.Throws<ObjectDisposedException>(() => keys.Derive(KeyPurpose.Chunker, []));
        Assert.Throws<ObjectDisposedException>(() => Sealer.Seal(keys, KeyPurpose.Data, [], [], new byte[Sealer.Overhead]));
        keys.Dispose();
    }
}
