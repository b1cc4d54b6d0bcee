using System.CommandLine;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Cli;

/// <summary>What a verb is given to run with.</summary>
/// <param name="Parsed">The arguments, parsed.</param>
/// <param name="Arguments">The arguments, exact.</param>
/// <param name="Output">All that it says.</param>
/// <param name="Time">The clock.</param>
/// <param name="Cancel">Cancelled when the user interrupts.</param>
internal sealed record CommandContext(
    ParseResult Parsed, ProgramArguments Arguments, Output Output, TimeProvider Time, CancellationToken Cancel)
{
    /// <summary>How the repository is found and opened.</summary>
    public RepositoryAccess Access => field ??= RepositoryAccess.Of(Parsed);

    /// <summary>The value of an option; the type's default where it was not given.</summary>
    public T? Value<T>(Option<T> option) => Parsed.GetValue(option);

    /// <summary>The value of an argument.</summary>
    public T Value<T>(Argument<T> argument) => Parsed.GetRequiredValue(argument);

    /// <summary>The values of an option that may be given several times.</summary>
    public string[] Values(Option<string[]> option) => Parsed.GetValue(option) ?? [];

    /// <summary>Opens the repository named; the caller disposes of it.</summary>
    public Repository OpenRepository() => OpenCached(Access);

    /// <summary>Opens a repository; of one far away, what is fetched is kept here.</summary>
    public Repository OpenCached(RepositoryAccess access)
    {
        Repository repository = access.Open();
        if (StoragePlaces.IsFar(access.Location) && !Value(GlobalOptions.NoCache))
            repository.Cache = CachePlace.Of(repository.Id, repository.Storage.Location);
        return repository;
    }

    /// <summary>The same for who must see what is stored, and not what was kept of it here: checks and repairs.</summary>
    public Repository OpenUncached() => Access.Open();

    /// <summary>Opens the place where the repository is, without any key.</summary>
    public IStorage OpenStorage() => Access.OpenStorage();

    /// <summary>Selects snapshots of an opened repository; manifests that cannot be read become warnings.</summary>
    public SnapshotSelector Selector(Repository repository, SnapshotFilter? filter = null)
    {
        SnapshotSelector selector = SnapshotSelector.Load(repository, filter ?? SnapshotFilter.All, Time);
        foreach (string problem in selector.Problems)
            Output.Warning(problem);
        return selector;
    }
}
