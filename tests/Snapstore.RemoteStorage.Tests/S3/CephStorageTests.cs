using Snapstore.RemoteStorage.S3;
using Snapstore.Storage;
using Snapstore.Tests.Storage;

namespace Snapstore.RemoteStorage.Tests.S3;

/// <summary>The contract of a storage, on Ceph's S3 gateway.</summary>
[Collection(CephCollection.Name)]
public sealed class CephStorageTests(CephGateway ceph) : StorageContract
{
    protected override IStorage Make() => S3Storage.Create(S3Location.Parse(ceph.NewPlace()), makeBucket: true, CephGateway.Settings);
}
