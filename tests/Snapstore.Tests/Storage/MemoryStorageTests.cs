using Snapstore.Storage;

namespace Snapstore.Tests.Storage;

public sealed class MemoryStorageTests : StorageContract
{
    protected override IStorage Make() => new MemoryStorage();
}
