using Snapstore.Cli.Tests;
using Snapstore.RemoteStorage.S3;
using Snapstore.Storage;

namespace Snapstore.RemoteStorage.Tests.S3;

/// <summary>Stores that are less than S3: refused where that would cost data, used where it would not.</summary>
public sealed class WeakStoreTests : IDisposable
{
    private readonly FakeS3 _server = new();

    private static StorageKey Config => StorageKey.Config;

    public void Dispose() => _server.Dispose();

    [Theory]
    [InlineData(Weakness.IgnoresConditions, "overwrites objects")]
    [InlineData(Weakness.RefusesConditions, "cannot put an object only where there is none")]
    [InlineData(Weakness.KnowsOnlyForbidOverwrite, "overwrites objects")]
    public void A_store_that_overwrites_is_refused_by_init(Weakness weakness, string why)
    {
        _server.Weakness = weakness;
        string place = _server.NewPlace();
        StorageException refused = Assert.Throws<StorageException>(() => Create(place));
        Assert.Contains("not fit for a repository", refused.Message, StringComparison.Ordinal);
        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        _server.Weakness = Weakness.None;
        using S3Storage after = S3Storage.Open(S3Location.Parse(place), FakeS3.Settings);
        Assert.Empty(after.List(""));
    }

    [Theory]
    [InlineData(Weakness.IgnoresConditions)]
    [InlineData(Weakness.RefusesConditions)]
    public void A_store_that_overwrites_is_found_out_by_the_first_object_of_any_run(Weakness weakness)
    {
        string place = _server.NewPlace();
        Create(place).Dispose();
        _server.Weakness = weakness;
        using S3Storage storage = S3Storage.Open(S3Location.Parse(place), FakeS3.Settings);
        Assert.Contains("not fit", Assert.Throws<StorageException>(() => storage.PutIfAbsent(Config, "content"u8)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Alibabas_own_header_against_overwriting_is_enough()
    {
        _server.Weakness = Weakness.KnowsOnlyForbidOverwrite;
        string place = _server.NewPlace().Replace("s3:", "oss:", StringComparison.Ordinal) + "?style=path";
        using S3Storage storage = Create(place);
        Assert.True(storage.PutIfAbsent(Config, "first"u8));
        Assert.False(storage.PutIfAbsent(Config, "second"u8));
    }

    [Fact]
    public void A_store_without_metadata_is_used()
    {
        _server.Weakness = Weakness.KeepsNoMetadata;
        using S3Storage storage = Create(_server.NewPlace());
        Assert.True(storage.PutIfAbsent(Config, "first"u8));
        Assert.False(storage.PutIfAbsent(Config, "second"u8));
    }

    [Fact]
    public void A_listing_that_cannot_go_on_fails()
    {
        using S3Storage storage = Create(_server.NewPlace());
        for (byte i = 0; i < 20; i++)
            storage.PutIfAbsent(StorageKey.TryParse($"keys/{i}")!.Value, [i]);
        _server.Weakness = Weakness.ForgetsTheNextPage;
        Assert.Contains("cut its listing", Assert.Throws<StorageException>(() => storage.List("keys/").Count()).Message, StringComparison.Ordinal);
        Assert.Empty(storage.List("index/"));
    }

    [Fact]
    public void Large_packs_go_up_in_parts_and_are_never_put_over_others()
    {
        S3Settings settings = FakeS3.Settings with { PartsAbove = 3000, PartSize = 1000 };
        S3Location place = S3Location.Parse(_server.NewPlace());
        using S3Storage storage = S3Storage.Create(place, makeBucket: true, settings);
        StorageKey key = StorageKey.Pack(SessionId.NewRandom(), new ObjectHash(new byte[ObjectHash.Size]));
        byte[] content = new byte[12_345];
        new Random(1).NextBytes(content);
        int before = _server.Requests;
        Assert.True(storage.PutIfAbsent(key, content));
        Assert.Equal(before + 1 + 1 + 13 + 1, _server.Requests);
        byte[] read = new byte[content.Length];
        storage.Read(key, 0, read);
        Assert.Equal(content, read);
        Assert.False(storage.PutIfAbsent(key, content));
    }

    [Fact]
    public void Nothing_is_lost_where_listings_are_stale_and_only_a_prune_is_refused()
    {
        using SnapstoreProgram program = new();
        program.Without("SNAPSTORE_KEY_FILE").With("SNAPSTORE_REPOSITORY", _server.NewPlace()).With("AWS_ACCESS_KEY_ID", "a").With("AWS_SECRET_ACCESS_KEY", "s");
        program.Run("init", "--create-bucket", "--new-key-file", program.KeyFile).Expect(0);
        program.With("SNAPSTORE_KEY_FILE", program.KeyFile);
        program.Write("first", "before");
        for (int i = 0; i < 3; i++)
            program.Snapshot();
        _server.Weakness = Weakness.ListsFromAStaleCopy;
        Dictionary<string, string> taken = [];
        for (int i = 0; i < 4; i++)
        {
            program.Write("changed", $"content {i}");
            taken[program.Snapshot()] = $"content {i}";
        }

        Assert.Contains("list", program.Run("prune").Expect(1).Error, StringComparison.Ordinal);
        _server.Weakness = Weakness.None;
        program.Run("check", "--read-data").Expect(0);
        foreach ((string id, string content) in taken)
        {
            program.Run("restore", id, "--target", id).Expect(0);
            Assert.Equal(content, File.ReadAllText(Path.Combine(program.Folder, id + program.Source, "changed")));
        }

        program.Run("forget", "--keep-last", "1", "--prune").Expect(0);
        program.Run("check", "--read-data").Expect(0);
    }

    private static S3Storage Create(string place) => S3Storage.Create(S3Location.Parse(place), makeBucket: true, FakeS3.Settings with { ListPage = 7 });
}
