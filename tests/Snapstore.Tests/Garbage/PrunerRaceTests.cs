using Snapstore.Formats;
using Snapstore.Garbage;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Tests.Garbage;

/// <summary>Prunes that meet: found by the simulation (spec/simulation.md).</summary>
public sealed class PrunerRaceTests
{
    private readonly PrunedRepository _repository = new();

    [Fact]
    public void No_generation_begins_while_another_is_open()
    {
        // The first has looked and rewrites; the second publishes its plan and waits for a session at work. The first must not go on
        // as if that plan were a verdict.
        byte[] content = PrunedRepository.Bytes(1, 4_000_000);
        SessionId all = _repository.Snapshot(content);
        _repository.Snapshot(content[..1_000_000]);
        _repository.Forget(all);
        using Repository elsewhere = _repository.Open();
        SessionId session = SessionId.NewRandom();
        PruneReport? second = null;
        using Repository first = _repository.OpenOn(storage => new HookedStorage(storage)
        {
            BeforePut = key =>
            {
                if (second is not null || !key.Name.StartsWith(StorageKey.PacksPrefix, StringComparison.Ordinal) && !key.Name.StartsWith(StorageKey.SessionsPrefix, StringComparison.Ordinal))
                    return;
                SessionRegister.Begin(elsewhere, session, new SessionRecord("elsewhere", "user", "test", 1, 0));
                second = _repository.Prune();
            },
        });
        PruneReport report = Pruner.Run(first, PrunedRepository.Options, new PruneProgress(), default);
        Assert.Equal(session, Assert.Single(second!.Waiting).Session);
        Assert.Equal(session, Assert.Single(report.Waiting).Session);
        Assert.NotNull(_repository.Storage.SizeOf(StorageKey.GarbagePlan(1)));
        Assert.Null(_repository.Storage.SizeOf(StorageKey.GarbagePlan(2)));
        Assert.Equal(0, report.PacksDeleted);
        _repository.AssertWhole();

        SessionRegister.Fence(elsewhere, session, PrunedRepository.Origin);
        Assert.Empty(_repository.Prune().Waiting);
        _repository.AssertWhole();
    }
}
