using Snapstore.RemoteStorage.S3;
using Snapstore.Storage;
using Snapstore.Tests.Storage;

namespace Snapstore.RemoteStorage.Tests.S3;

/// <summary>The contract of a storage, on the store in this process: what it cannot keep, no test of faults could show.</summary>
public sealed class FakeStorageTests(FakeS3 server) : StorageContract, IClassFixture<FakeS3>
{
    protected override IStorage Make() => S3Storage.Create(S3Location.Parse(server.NewPlace()), makeBucket: true, FakeS3.Settings with { ListPage = 7 });
}
