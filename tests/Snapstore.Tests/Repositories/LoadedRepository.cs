using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Tests.Repositories;

/// <summary>What a new process would find in a storage.</summary>
internal sealed class LoadedRepository : IDisposable
{
    public LoadedRepository(IStorage storage)
    {
        Repository = SmallRepository.Over(storage);
        Loaded = IndexLoader.LoadAll(Repository);
    }

    public Repository Repository { get; }

    public LoadedIndex Loaded { get; }

    public BlobIndex Index => Loaded.Index;

    public void Dispose()
    {
        Loaded.Index.Dispose();
        Repository.Dispose();
    }
}
