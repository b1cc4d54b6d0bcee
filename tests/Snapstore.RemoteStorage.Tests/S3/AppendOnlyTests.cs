using System.Globalization;
using Amazon.S3;
using Snapstore.Cli.Tests;
using Snapstore.RemoteStorage.S3;
using Snapstore.Storage;

namespace Snapstore.RemoteStorage.Tests.S3;

/// <summary>The built program with credentials that cannot delete (spec/append-only.md): what adds and reads works, what
/// deletes says what is missing and has done nothing.</summary>
[Collection(CephCollection.Name)]
public sealed class AppendOnlyTests(CephGateway ceph) : IDisposable
{
    private const int ExitCodeOfDamage = 4;

    private readonly SnapstoreProgram _program = new();
    private string _place = "";

    public void Dispose() => _program.Dispose();

    [Fact]
    public void A_store_that_refuses_deletions_takes_snapshots()
    {
        using FakeS3 server = new();
        Use(server.NewPlace());
        server.RefusesDeletions = true;
        AddsAndReads("init", "--create-bucket");
        DeletesNothing();
        server.RefusesDeletions = false;
        DeletesAgain();
    }

    [Fact]
    public async Task A_bucket_of_Ceph_whose_policy_refuses_deletions_takes_snapshots()
    {
        string place = ceph.NewPlace();
        Use(place);
        string bucket = S3Location.Parse(place).Bucket;
        using AmazonS3Client client = new(CephGateway.AccessKey, CephGateway.SecretKey, new AmazonS3Config
        {
            ServiceURL = $"http://127.0.0.1:{ceph.Port.ToString(CultureInfo.InvariantCulture)}",
            ForcePathStyle = true,
        });
        await client.PutBucketAsync(bucket);
        await client.PutBucketPolicyAsync(bucket, $$"""
            {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::{{bucket}}/*"}]}
            """);
        AddsAndReads("init");
        DeletesNothing();
        await client.DeleteBucketPolicyAsync(bucket);
        DeletesAgain();
    }

    [Fact]
    public void Whoever_has_such_credentials_and_no_key_hides_nothing()
    {
        using FakeS3 server = new();
        Use(server.NewPlace());
        server.RefusesDeletions = true;
        AddsAndReads("init", "--create-bucket");
        using S3Storage storage = S3Storage.Open(S3Location.Parse(_place), FakeS3.Settings);
        foreach (StoredObject snapshot in storage.List(StorageKey.SnapshotsPrefix).ToList())
            Assert.True(storage.PutIfAbsent(StorageKey.TryParse(snapshot.Key.Name.Replace("snapshots/", "retired/", StringComparison.Ordinal))!.Value, "nonsense"u8));
        Assert.Equal(2, Snapshots(ExitCodeOfDamage));
        _program.Run("restore", "latest", "--target", "again").Expect(0);
        _program.Run("check").Expect(ExitCodeOfDamage);
        _program.Snapshot();
        Assert.True(storage.PutIfAbsent(StorageKey.GarbagePlan(99), "nonsense"u8));
        Assert.Contains("gc/99.plan", _program.Run("snapshot", _program.Source).Expect(ExitCodeOfDamage).Error, StringComparison.Ordinal);
        Assert.Equal(3, Snapshots(ExitCodeOfDamage));
    }

    private void AddsAndReads(params string[] init)
    {
        _program.Run([.. init, "--new-key-file", _program.KeyFile]).Expect(0);
        _program.With("SNAPSTORE_KEY_FILE", _program.KeyFile);
        _program.Write("a", "the first content");
        string first = _program.Snapshot();
        _program.Write("a", "the second content");
        ProgramRun second = _program.Run("snapshot", _program.Source, "-v").Expect(0);
        Assert.Single(second.Error.Split('\n'), line => line.Contains("s3:DeleteObject", StringComparison.Ordinal));
        Assert.Equal(2, Snapshots());
        _program.Run("check", "--read-data").Expect(0);
        _program.Run("restore", first, "--target", "restored").Expect(0);
        Assert.Equal("the first content", File.ReadAllText(Path.Combine(_program.Folder, "restored", _program.Source.TrimStart('/'), "a")));
        _program.Run("tag", first, "--add", "kept").Expect(0);
        _program.Run("hold", first).Expect(0);
        _program.Run("release", first).Expect(0);
        Assert.Contains("kept", _program.Run("list").Expect(0).Output, StringComparison.Ordinal);
    }

    private void DeletesNothing()
    {
        List<string> before = Names();
        Refused("nothing was forgotten", "forget", "latest~1");
        Refused("nothing was forgotten", "forget", "--keep-last", "1", "--group-by", "host", "--prune");
        Refused("nothing was removed", "prune");
        Refused("nothing was removed", "prune", "--exclusive");
        Refused("no new one was made", "key", "passwd", "--new-key-file", Path.Combine(_program.Folder, "another"));
        Refused("nothing was repaired", "repair", "index");
        _program.Run("forget", "latest~1", "--dry-run").Expect(0);
        _program.Run("prune", "--dry-run").Expect(0);
        Assert.Equal(before, Names());
        Assert.Contains(before, name => name.StartsWith("sessions/", StringComparison.Ordinal));
        Assert.Equal(2, Snapshots());
    }

    private void DeletesAgain()
    {
        _program.Run("forget", "--keep-last", "1", "--group-by", "host", "--prune", "--max-unused", "0%").Expect(0);
        Assert.Equal(1, Snapshots());
        Assert.DoesNotContain(Names(), name => name.StartsWith("sessions/", StringComparison.Ordinal));
        _program.Run("check", "--read-data").Expect(0);
        Assert.Equal("the second content", _program.Run("cat", $"latest:{_program.Source}/a").Expect(0).Output);
    }

    private void Refused(string untouched, params string[] arguments)
    {
        ProgramRun run = _program.Run(arguments).Expect(1);
        Assert.Contains("s3:DeleteObject is missing", run.Error, StringComparison.Ordinal);
        Assert.Contains(untouched, run.Error, StringComparison.Ordinal);
    }

    private void Use(string place) => _program
        .Without("SNAPSTORE_KEY_FILE")
        .With("SNAPSTORE_REPOSITORY", _place = place)
        .With("AWS_EC2_METADATA_DISABLED", "true")
        .With("AWS_ACCESS_KEY_ID", CephGateway.AccessKey)
        .With("AWS_SECRET_ACCESS_KEY", CephGateway.SecretKey);

    private List<string> Names()
    {
        using S3Storage storage = S3Storage.Open(S3Location.Parse(_place), CephGateway.Settings);
        return [.. storage.List("").Select(found => found.Key.Name)];
    }

    private int Snapshots(int exitCode = 0) => _program.Run("list", "--json").Expect(exitCode).Objects.Count(line => line.GetProperty("type").GetString() == "snapshot");
}
