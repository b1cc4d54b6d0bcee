using System.Text.Json;
using Snapstore.Cli.Tests;

namespace Snapstore.RemoteStorage.Tests.S3;

/// <summary>The built program with its repository on Ceph's S3 gateway, from init to prune.</summary>
[Collection(CephCollection.Name)]
public sealed class S3ProgramTests(CephGateway ceph) : IDisposable
{
    private readonly SnapstoreProgram _program = new();

    public void Dispose() => _program.Dispose();

    [Fact]
    public void A_repository_lives_in_a_bucket_from_init_to_prune()
    {
        string place = Init();
        byte[] content = new byte[40 << 20];
        new Random(1).NextBytes(content);
        _program.Write("dir/small", "the first content");
        File.WriteAllBytes(Path.Combine(_program.Source, "large"), content);
        string first = _program.Snapshot();

        _program.Write("dir/small", "the second content");
        File.Delete(Path.Combine(_program.Source, "large"));
        string second = _program.Snapshot();
        Assert.Equal([first, second], Snapshots());

        _program.Run("restore", first, "--target", "restored", "--verify").Expect(0);
        string restored = Path.Combine(_program.Folder, "restored", _program.Source.TrimStart('/'));
        Assert.Equal(content, File.ReadAllBytes(Path.Combine(restored, "large")));
        Assert.Equal("the first content", File.ReadAllText(Path.Combine(restored, "dir/small")));
        _program.Run("check", "--read-data").Expect(0);
        _program.Run("check", "--keyless").Expect(0);

        _program.Run("forget", first).Expect(0);
        ProgramRun prune = _program.Run("prune", "--json").Expect(0);
        Assert.DoesNotContain("snapstoretestsecret", prune.Output + prune.Error, StringComparison.Ordinal);
        Assert.Equal([second], Snapshots());
        _program.Run("check", "--read-data").Expect(0);
        Assert.Equal("the second content", _program.Run("cat", $"{second}:{_program.Source}/dir/small").Expect(0).Output);
        Assert.Equal(2, _program.Run("init").Expect(2).ExitCode);
        Assert.StartsWith("s3:http://127.0.0.1:", place, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_fetched_of_index_and_trees_is_kept_and_may_be_lost()
    {
        Init();
        _program.Write("dir/small", "content");
        string snapshot = _program.Snapshot();
        string listed = _program.Run("ls", "-R", snapshot).Expect(0).Output;
        JsonElement kept = _program.Run("cache", "--json").Expect(0).Objects[0];
        Assert.True(kept.GetProperty("files").GetInt64() >= 3, kept.ToString());

        foreach (string file in Directory.GetFiles(Path.Combine(_program.Folder, "cache"), "*", SearchOption.AllDirectories))
            File.WriteAllText(file, "damaged");
        Assert.Equal(listed, _program.Run("ls", "-R", snapshot).Expect(0).Output);
        _program.Run("cache", "--clear").Expect(0);
        Assert.Empty(Directory.GetDirectories(Path.Combine(_program.Folder, "cache")));
        Assert.Equal(listed, _program.Run("ls", "-R", "--no-cache", snapshot).Expect(0).Output);
        Assert.Empty(Directory.GetDirectories(Path.Combine(_program.Folder, "cache")));
    }

    [Fact]
    public void What_is_wrong_with_a_place_is_said()
    {
        string place = ceph.NewPlace();
        UseAccount(place);
        Assert.Contains("init --create-bucket", _program.Run("init").Expect(1).Error, StringComparison.Ordinal);
        _program.Run("init", "--create-bucket", "--new-key-file", _program.KeyFile).Expect(0);
        _program.With("SNAPSTORE_KEY_FILE", _program.KeyFile).With("AWS_SECRET_ACCESS_KEY", "another");
        ProgramRun refused = _program.Run("list").Expect(1);
        Assert.Contains("secret key", refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("another", refused.Error, StringComparison.Ordinal);
        _program.With("AWS_SECRET_ACCESS_KEY", CephGateway.SecretKey).With("SNAPSTORE_REPOSITORY", place + "/elsewhere");
        _program.Run("list").Expect(10);
    }

    [Fact]
    public void Credentials_come_from_a_profile()
    {
        string place = Init();
        File.WriteAllText(Path.Combine(_program.Folder, "credentials"), $"[backup]\naws_access_key_id = {CephGateway.AccessKey}\naws_secret_access_key = {CephGateway.SecretKey}\n");
        _program.Without("AWS_ACCESS_KEY_ID").Without("AWS_SECRET_ACCESS_KEY")
            .With("AWS_SHARED_CREDENTIALS_FILE", Path.Combine(_program.Folder, "credentials")).With("SNAPSTORE_REPOSITORY", place + "?profile=backup");
        _program.Run("list").Expect(0);
        _program.With("SNAPSTORE_REPOSITORY", place + "?profile=another").Run("list").Expect(1);
    }

    private string Init()
    {
        string place = ceph.NewPlace();
        UseAccount(place);
        _program.Run("init", "--create-bucket", "--new-key-file", _program.KeyFile).Expect(0);
        _program.With("SNAPSTORE_KEY_FILE", _program.KeyFile);
        return place;
    }

    private void UseAccount(string place) => _program
        .Without("SNAPSTORE_KEY_FILE")
        .With("SNAPSTORE_REPOSITORY", place)
        .With("AWS_EC2_METADATA_DISABLED", "true")
        .With("AWS_ACCESS_KEY_ID", CephGateway.AccessKey)
        .With("AWS_SECRET_ACCESS_KEY", CephGateway.SecretKey);

    private List<string> Snapshots() => [.. _program.Run("list", "--json").Expect(0).Objects
        .Where(line => line.GetProperty("type").GetString() == "snapshot").Select(line => line.GetProperty("id").GetString()!)];
}
