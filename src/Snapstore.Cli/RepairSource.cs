using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Cli;

/// <summary>What `repair packs --from` names: a mirror, whose packs are those of the repository, or another repository, which holds copies of its
/// snapshots under keys of its own.</summary>
/// <param name="Mirror">The mirror; null for the other.</param>
/// <param name="Copy">The other repository; null for a mirror.</param>
internal sealed record RepairSource(IStorage? Mirror, Repository? Copy) : IDisposable
{
    /// <summary>Opens it; only another repository takes a password.</summary>
    public static RepairSource Open(CommandContext context, RepositoryAccess access, Repository repository)
    {
        IStorage storage = access.OpenStorage();
        bool isOther;
        try
        {
            isOther = storage.SizeOf(StorageKey.Config) is not null && RepositoryConfig.DecodePlain(RepositoryOpener.ReadConfig(storage)).Repository != repository.Id;
        }
        catch
        {
            storage.Dispose();
            throw;
        }

        if (!isOther)
            return new RepairSource(storage, null);
        storage.Dispose();
        return new RepairSource(null, context.OpenCached(access));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Mirror?.Dispose();
        Copy?.Dispose();
    }
}
