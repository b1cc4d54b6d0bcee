using System.Text.Json;
using Snapstore.Cli.Tests;
using Snapstore.RemoteStorage.S3;
using Snapstore.Storage;

namespace Snapstore.RemoteStorage.Tests.S3;

/// <summary>The built program with a repository whose objects are locked (spec/object-lock.md), on the store in this process.</summary>
public sealed class ObjectLockProgramTests : IDisposable
{
    private readonly FakeS3 _server = new();
    private readonly SnapstoreProgram _program = new();
    private string _place = "";

    public void Dispose()
    {
        _program.Dispose();
        _server.Dispose();
    }

    [Fact]
    public void Nothing_goes_before_its_time_and_every_verb_says_so()
    {
        Init("--object-lock", "30");
        string first = Snapshot(1);
        Snapshot(2);
        ProgramRun pruned = _program.Run("forget", first, "--prune", "--max-unused", "0%").Expect(0);
        Assert.Matches(@"locked     2 packs, [0-9.]+ KiB, can go from 20\d\d-\d\d-\d\d", pruned.Output);
        Assert.Contains("nothing to remove yet", pruned.Output, StringComparison.Ordinal);
        JsonElement summary = _program.Run("prune", "--json").Expect(0).Objects[^1];
        Assert.Equal((2, 0, 1), (summary.GetProperty("locked_packs").GetInt32(), summary.GetProperty("packs_deleted").GetInt32(), summary.GetProperty("snapshots_locked").GetInt32()));
        DateTimeOffset from = summary.GetProperty("locked_from").GetDateTimeOffset();
        Assert.InRange(from - TimeProvider.System.GetUtcNow(), TimeSpan.FromDays(30), TimeSpan.FromDays(39));
        _program.Run("undelete", first).Expect(0);
        _program.Run("prune", "--dry-run").Expect(0);
        _program.Run("repair", "index").Expect(0);
        _program.Run("check", "--read-data").Expect(0);
        Assert.Equal(2, Snapshots());
        Assert.DoesNotContain(Versions(), version => version.IsMarker);
    }

    [Fact]
    public void A_prune_says_when_packs_that_are_needed_in_part_can_be_written_anew()
    {
        Init("--object-lock", "30");
        string second = _program.Write("b", new string('b', 100_000));
        string first = Snapshot(1);
        File.Delete(second);
        _program.Snapshot();
        string pruned = _program.Run("forget", first, "--prune", "--max-unused", "0%").Expect(0).Output;
        Assert.Matches(@"of that    [0-9.]+ K?i?B in [12] locked packs? needed in part, which can be written anew from 20\d\d-\d\d-\d\d", pruned);
        Assert.Contains("nothing to remove yet", pruned, StringComparison.Ordinal);
        Assert.True(_program.Run("prune", "--json").Expect(0).Objects[^1].GetProperty("locked_in_part_bytes").GetInt64() > 0);
    }

    [Fact]
    public void A_key_that_is_removed_opens_no_more_and_its_bytes_stay()
    {
        Init("--object-lock", "2");
        string second = Path.Combine(_program.Folder, "second");
        JsonElement key = _program.Run("key", "add", "--json", "--new-key-file", second).Expect(0).Objects[^1];
        ProgramRun removed = _program.Run("key", "remove", key.GetProperty("id").GetString()!).Expect(0);
        Assert.Contains("older version until", removed.Error, StringComparison.Ordinal);
        _program.With("SNAPSTORE_KEY_FILE", second).Run("list").Expect(12);
        string third = Path.Combine(_program.Folder, "third");
        ProgramRun changed = _program.With("SNAPSTORE_KEY_FILE", _program.KeyFile).Run("key", "passwd", "--new-key-file", third).Expect(0);
        Assert.Contains("older version until", changed.Error, StringComparison.Ordinal);
        _program.Run("list").Expect(12);
        _program.With("SNAPSTORE_KEY_FILE", third);
        Snapshot(1);
        ProgramRun check = _program.Run("check").Expect(0);
        Assert.Contains("a key that was removed", check.Output + check.Error, StringComparison.Ordinal);
        Assert.Equal(2, Versions().Count(version => version.IsMarker));
        _program.Run("prune").Expect(0);
        Assert.Equal(5, Versions().Count(version => version.Key.Name.StartsWith("keys/", StringComparison.Ordinal)));
    }

    [Fact]
    public void What_an_enemy_deletes_and_puts_over_comes_back()
    {
        Init("--object-lock", "30", "--object-lock-mode", "governance");
        string snapshot = Snapshot(1);
        using (S3Storage enemy = S3Storage.Open(S3Location.Parse(_place), FakeS3.Settings))
        {
            foreach (StoredObject found in enemy.List("").ToList())
            {
                enemy.Hide(found.Key);
                if (found.Key.Name.StartsWith("packs/", StringComparison.Ordinal))
                    Assert.True(enemy.PutIfAbsent(found.Key, "nonsense"u8));
            }
        }

        _program.Run("list").Expect(10);
        Assert.Contains("would be brought back", _program.Run("repair", "versions", "--dry-run").Expect(0).Output, StringComparison.Ordinal);
        _program.Run("list").Expect(10);
        _program.Run("repair", "versions", "--since", "1h").Expect(0);
        _program.Run("check", "--read-data").Expect(0);
        Assert.Equal(2, Snapshots() + Snapshots());
        _program.Run("restore", snapshot, "--target", "restored").Expect(0);

        // One hidden manifest: no list shows it, and a check tells.
        using (S3Storage enemy = S3Storage.Open(S3Location.Parse(_place), FakeS3.Settings))
            enemy.Hide(enemy.List("snapshots/").Single().Key);
        Assert.Equal(0, Snapshots());
        ProgramRun check = _program.Run("check").Expect(4);
        Assert.Contains("repair versions", check.Output + check.Error, StringComparison.Ordinal);

        // With credentials that remove no version a copy goes on top.
        _server.RefusesDeletionsOfVersions = true;
        Assert.Contains("brought back", _program.Run("repair", "versions").Expect(0).Output, StringComparison.Ordinal);
        Assert.Equal(1, Snapshots());
        _program.Run("check").Expect(0);
        Snapshot(2);
        Assert.Contains("s3:DeleteObjectVersion is missing", _program.Run("prune").Expect(1).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Copies_are_locked_where_they_go_and_mirrors_are_for_reading()
    {
        Init("--object-lock", "30");
        Snapshot(1);
        string mirror = Path.Combine(_program.Folder, "mirror"), place = _place;
        _program.Run("mirror", "--to", mirror).Expect(0);
        _program.With("SNAPSTORE_REPOSITORY", mirror);
        Assert.Equal(1, Snapshots());
        _program.Run("restore", "latest", "--target", "from-mirror").Expect(0);
        Assert.Contains("cannot", _program.Run("snapshot", _program.Source).Expect(1).Error, StringComparison.Ordinal);

        string plain = _server.NewPlace();
        _program.With("SNAPSTORE_REPOSITORY", plain).Without("SNAPSTORE_KEY_FILE").Run("init", "--create-bucket", "--new-key-file", Path.Combine(_program.Folder, "plain")).Expect(0);
        _program.With("SNAPSTORE_KEY_FILE", Path.Combine(_program.Folder, "plain"));
        _program.Write("copied", "another content");
        _program.Snapshot();
        _program.Run("copy", "--to", place, "--to-key-file", _program.KeyFile).Expect(0);
        using S3Storage storage = S3Storage.Open(S3Location.Parse(place), FakeS3.Settings);
        Assert.All(storage.List("").ToList(), found => Assert.True(storage.LockedUntil(found.Key) > TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(30), found.Key.Name));
    }

    [Fact]
    public void What_cannot_be_is_refused_and_nothing_is_made()
    {
        Use(_server.NewPlace());
        _program.Run("init", "--create-bucket", "--new-key-file", _program.KeyFile).Expect(0);
        File.Delete(_program.KeyFile);
        Assert.Contains("has no object lock", Refused(2, "--object-lock", "30"), StringComparison.Ordinal);
        Use(_server.NewPlace());
        Assert.Contains("1 to", Refused(2, "--create-bucket", "--object-lock", "0"), StringComparison.Ordinal);
        Assert.Contains("1 to", Refused(2, "--create-bucket", "--object-lock", "3651"), StringComparison.Ordinal);
        Assert.Contains("for how long", Refused(2, "--create-bucket", "--object-lock-mode", "governance"), StringComparison.Ordinal);
        Use(Path.Combine(_program.Folder, "local"));
        Assert.Contains("--object-lock is for", Refused(2, "--object-lock", "30"), StringComparison.Ordinal);
        Use("sftp:nobody@127.0.0.1:/nowhere");
        Assert.Contains("--object-lock is for", Refused(2, "--object-lock", "30"), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_program.Folder, "local")));
        Assert.False(File.Exists(_program.KeyFile));
    }

    private string Refused(int exitCode, params string[] arguments) => _program.Run(["init", "--new-key-file", _program.KeyFile, .. arguments]).Expect(exitCode).Error;

    private void Init(params string[] arguments)
    {
        Use(_server.NewPlace());
        ProgramRun made = _program.Run(["init", "--create-bucket", "--new-key-file", _program.KeyFile, .. arguments]).Expect(0);
        Assert.Contains("locked for", made.Output, StringComparison.Ordinal);
        _program.With("SNAPSTORE_KEY_FILE", _program.KeyFile);
    }

    private void Use(string place) => _program
        .Without("SNAPSTORE_KEY_FILE")
        .With("SNAPSTORE_REPOSITORY", _place = place)
        .With("AWS_EC2_METADATA_DISABLED", "true")
        .With("AWS_ACCESS_KEY_ID", "access")
        .With("AWS_SECRET_ACCESS_KEY", "secret");

    private string Snapshot(int seed)
    {
        byte[] content = new byte[100_000];
        new Random(seed).NextBytes(content);
        _program.Write("a", Convert.ToBase64String(content));
        return _program.Snapshot();
    }

    private int Snapshots() => _program.Run("list", "--json").Expect(0).Objects.Count(line => line.GetProperty("type").GetString() == "snapshot");

    private List<StoredVersion> Versions()
    {
        using S3Storage storage = S3Storage.Open(S3Location.Parse(_place), FakeS3.Settings);
        return [.. storage.ListVersions("")];
    }
}
