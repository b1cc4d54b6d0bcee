using Snapstore.RemoteStorage.S3;
using Snapstore.Storage;
using Snapstore.Tests.Storage;

namespace Snapstore.RemoteStorage.Tests.S3;

/// <summary>The contract of a storage, on a store without conditional puts: as far as one process can keep it.</summary>
[Collection(SwiftCollection.Name)]
public sealed class SwiftStorageTests(SwiftServer swift) : StorageContract
{
    protected override IStorage Make() => S3Storage.Create(S3Location.Parse(swift.NewPlace() + "?conditions=no"), makeBucket: true, SwiftServer.Settings);
}
