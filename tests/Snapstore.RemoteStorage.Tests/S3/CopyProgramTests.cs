using Snapstore.Cli.Tests;
using Snapstore.RemoteStorage.S3;

namespace Snapstore.RemoteStorage.Tests.S3;

/// <summary>The built program between two places in an object store: copies, mirrors, and packs fetched back.</summary>
[Collection(CephCollection.Name)]
public sealed class CopyProgramTests(CephGateway ceph) : IDisposable
{
    private readonly SnapstoreProgram _program = new();

    public void Dispose() => _program.Dispose();

    [Fact]
    public void A_copy_with_other_keys_and_a_mirror_hold_what_the_repository_holds()
    {
        string place = ceph.NewPlace(), copy = ceph.NewPlace(), mirror = ceph.NewPlace();
        string copyKey = Path.Combine(_program.Folder, "copy.key");
        Use(place);
        _program.Run("init", "--create-bucket", "--new-key-file", _program.KeyFile).Expect(0);
        _program.Run("--repo", copy, "init", "--create-bucket", "--new-key-file", copyKey).Expect(0);
        S3Storage.Create(S3Location.Parse(mirror), makeBucket: true, CephGateway.Settings).Dispose();
        _program.With("SNAPSTORE_KEY_FILE", _program.KeyFile).With("SNAPSTORE_TO_KEY_FILE", copyKey);
        for (int i = 0; i < 30; i++)
            _program.Write($"file-{i}", new string((char)('a' + (i % 26)), 20_000 + i));
        _program.Snapshot();

        _program.Run("copy", "--to", copy, "--verify").Expect(0);
        _program.Run("mirror", "--to", mirror).Expect(0);

        _program.Run("check", "--mirror", mirror, "--read-data").Expect(0);
        _program.Run("--repo", mirror, "check", "--read-data").Expect(0);
        _program.With("SNAPSTORE_KEY_FILE", copyKey);
        _program.Run("--repo", copy, "check", "--read-data").Expect(0);
        Assert.Equal(20_007, _program.Run("--repo", copy, "cat", $"latest:{_program.Source}/file-7").Expect(0).Output.Length);
    }

    private void Use(string place) => _program
        .Without("SNAPSTORE_KEY_FILE")
        .With("SNAPSTORE_REPOSITORY", place)
        .With("AWS_EC2_METADATA_DISABLED", "true")
        .With("AWS_ACCESS_KEY_ID", CephGateway.AccessKey)
        .With("AWS_SECRET_ACCESS_KEY", CephGateway.SecretKey);
}
