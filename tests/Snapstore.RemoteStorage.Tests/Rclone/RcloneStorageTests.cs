using System.Globalization;
using Snapstore.RemoteStorage.Rclone;
using Snapstore.RemoteStorage.Tests.S3;
using Snapstore.Storage;
using Snapstore.Tests.Storage;

namespace Snapstore.RemoteStorage.Tests.Rclone;

/// <summary>The contract of a storage, by rclone into a directory.</summary>
public sealed class RcloneStorageTests(RcloneRemotes remotes) : StorageContract, IClassFixture<RcloneRemotes>
{
    protected override IStorage Make() => RcloneStorage.Open(RcloneLocation.Parse($"rclone:here:{remotes.NewPath()}"), remotes.Settings);
}

/// <summary>The contract where rclone encrypts the pieces that it cuts objects into.</summary>
[Trait("Category", "Slow")]
public sealed class RcloneWrappedTests(RcloneRemotes remotes) : StorageContract, IClassFixture<RcloneRemotes>
{
    protected override IStorage Make() => RcloneStorage.Open(RcloneLocation.Parse($"rclone:parts:{remotes.NewPath()}"), remotes.Settings);
}

/// <summary>The contract where rclone talks to a store of objects: no temporary names.</summary>
public sealed class RcloneBucketTests(RcloneRemotes remotes) : StorageContract, IClassFixture<RcloneRemotes>, IDisposable
{
    private readonly FakeS3 _store = new();

    public void Dispose() => _store.Dispose();

    protected override IStorage Make()
    {
        string[] place = _store.NewPlace().Split('/');
        string name = $"store-{_store.Port.ToString(CultureInfo.InvariantCulture)}";
        remotes.Add($"""
            [{name}]
            type = s3
            provider = Other
            endpoint = http://{place[2]}
            access_key_id = {CephGateway.AccessKey}
            secret_access_key = {CephGateway.SecretKey}
            region = us-east-1
            force_path_style = true

            """);
        return RcloneStorage.Open(RcloneLocation.Parse($"rclone:{name}:{place[3]}/some/prefix"), remotes.Settings);
    }
}
