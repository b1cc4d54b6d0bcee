using Snapstore.Repositories;

namespace Snapstore.Maintenance;

/// <summary>Says whether all snapshots of a repository can be restored (spec/protocols/check.md).</summary>
public static class Checker
{
    /// <summary>Checks; changes nothing.</summary>
    /// <exception cref="StorageException">The storage cannot even be listed.</exception>
    public static CheckReport Run(Repository repository, CheckOptions options, CheckProgress progress, CancellationToken cancel) =>
        throw new NotImplementedException();
}
