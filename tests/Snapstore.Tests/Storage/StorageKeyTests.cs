using Snapstore.Storage;

namespace Snapstore.Tests.Storage;

public sealed class StorageKeyTests
{
    private static readonly SessionId Session = Parse("00112233445566778899aabbccddeeff");
    private static readonly ObjectHash Hash = new([.. Enumerable.Range(0xab, ObjectHash.Size).Select(i => (byte)i)]);

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/config")]
    [InlineData("packs/")]
    [InlineData("packs//a")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../config")]
    [InlineData("packs/../config")]
    [InlineData("packs/.hidden")]
    [InlineData(".snapshot/config")]
    [InlineData("Config")]
    [InlineData("packs/a b")]
    [InlineData("packs/a\n")]
    [InlineData("packs/a\0")]
    [InlineData("packs\\a")]
    [InlineData("packs/\u00e9")]
    [InlineData("packs/\ufffd")]
    [InlineData("tmp")]
    [InlineData("tmp/00112233445566778899aabbccddeeff")]
    public void An_odd_name_is_no_key(string name) => Assert.Null(StorageKey.TryParse(name));

    [Fact]
    public void A_name_of_200_characters_is_the_longest()
    {
        Assert.NotNull(StorageKey.TryParse(new string('a', 200)));
        Assert.Null(StorageKey.TryParse(new string('a', 201)));
    }

    [Fact]
    public void Every_key_that_is_made_can_be_parsed()
    {
        foreach (StorageKey key in new[]
        {
            StorageKey.Config, StorageKey.KeySlot(Session), StorageKey.Pack(Session, Hash), StorageKey.Index(Session, 0),
            StorageKey.Index(Session, int.MaxValue), StorageKey.Session(Session), StorageKey.Snapshot(Session), StorageKey.Label(Session, 7),
        })
        {
            Assert.Equal(key, StorageKey.TryParse(key.Name));
        }
    }

    [Fact]
    public void A_pack_lies_in_the_folder_of_the_first_two_digits_of_its_hash()
    {
        StorageKey key = StorageKey.Pack(Session, Hash);
        Assert.StartsWith("packs/ab/00112233445566778899aabbccddeeff-abac", key.Name, StringComparison.Ordinal);
        Assert.True(key.TryParsePack(out SessionId session, out ObjectHash hash));
        Assert.Equal(Session, session);
        Assert.Equal(Hash, hash);
    }

    [Fact]
    public void A_pack_in_a_folder_that_is_not_its_own_is_no_pack()
    {
        string name = StorageKey.Pack(Session, Hash).Name;
        foreach (string other in new[]
        {
            name.Replace("packs/ab/", "packs/ac/", StringComparison.Ordinal), name[..^1], name + "0",
            name.Replace("packs/", "index/", StringComparison.Ordinal), name.Replace("eeff-", "eeffa", StringComparison.Ordinal),
        })
        {
            Assert.False(StorageKey.TryParse(other)!.Value.TryParsePack(out _, out _), other);
        }
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("-", false)]
    [InlineData("-7", true)]
    [InlineData("-07", false)]
    [InlineData("--7", false)]
    [InlineData("-2147483648", false)]
    [InlineData("-7.", false)]
    [InlineData("7", false)]
    public void A_number_has_one_way_to_be_written(string end, bool isNumbered)
    {
        StorageKey key = StorageKey.TryParse($"{StorageKey.IndexPrefix}{Session}{end}")!.Value;
        Assert.Equal(isNumbered, key.TryParseNumbered(StorageKey.IndexPrefix, out SessionId session, out int number));
        Assert.Equal(isNumbered ? (Session, 7) : default, isNumbered ? (session, number) : default);
    }

    [Fact]
    public void An_id_follows_its_prefix_and_nothing_follows_the_id()
    {
        Assert.True(StorageKey.Snapshot(Session).TryParseId(StorageKey.SnapshotsPrefix, out SessionId id));
        Assert.Equal(Session, id);
        Assert.False(StorageKey.Snapshot(Session).TryParseId(StorageKey.SessionsPrefix, out _));
        Assert.False(StorageKey.Index(Session, 1).TryParseId(StorageKey.IndexPrefix, out _));
    }

    [Fact]
    public void A_key_without_a_name_is_a_mistake() => Assert.Throws<InvalidOperationException>(() => default(StorageKey).Name);

    private static SessionId Parse(string text) => SessionId.TryParse(text, out SessionId id) ? id : throw new ArgumentException(text);
}
