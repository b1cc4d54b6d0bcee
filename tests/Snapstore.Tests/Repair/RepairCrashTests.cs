using Snapstore.Formats;
using Snapstore.Maintenance;
using Snapstore.Repair;
using Snapstore.Repositories;
using Snapstore.Storage;
using Snapstore.Tests.Garbage;

namespace Snapstore.Tests.Repair;

/// <summary>Repairs that die before or after any write: nothing that opened before is lost, and the next run ends what was begun.</summary>
public sealed class RepairCrashTests
{
    private static readonly byte[] Content = PrunedRepository.Bytes(1, 2_500_000);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Packs(bool losesReply) => DieEverywhere(losesReply, minimum: 10, RepairPacks);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Index(bool losesReply) => DieEverywhere(losesReply, minimum: 2, repository => IndexRepair.Run(repository, _ => { }, default));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Snapshots(bool losesReply) => DieEverywhere(losesReply, minimum: 13, repository =>
    {
        RepairPacks(repository);
        foreach (Snapshot snapshot in SnapshotList.Load(repository).Snapshots)
            SnapshotRepair.Run(repository, snapshot, PrunedRepository.Options, default);
    });

    private static void DieEverywhere(bool losesReply, int minimum, Action<Repository> repair)
    {
        for (int calls = 0; ; calls++)
        {
            PrunedRepository repository = new();
            SessionId whole = repository.Snapshot(Content[..800_000]);
            SessionId damaged = repository.Snapshot(Content);
            StorageKey pack = repository.Packs(PackKind.Data)[0].Key;
            repository.Damage(pack, 1_000_000);
            bool hasFailed = DiesAt(calls, losesReply, repository, repair);

            // What was whole is whole, and what the source still has mends the rest.
            Assert.Equal(Content[..800_000], repository.Read(whole));
            using (Repository again = repository.Open())
                RepairPacks(again);
            repository.Snapshot(Content);
            Assert.Equal(Content, repository.Read(damaged));
            CheckReport report = repository.Check();
            Assert.DoesNotContain(report.Findings, finding => finding.Kind != FindingKind.Note);
            Assert.Null(repository.Storage.SizeOf(pack));
            repository.Prune(options => options with { HasEnded = _ => true });
            Assert.DoesNotContain(repository.Check().Findings, finding => finding.Kind != FindingKind.Note);
            if (hasFailed)
                continue;
            Assert.True(calls >= minimum, $"only {calls} calls");
            return;
        }
    }

    private static void RepairPacks(Repository repository) =>
        PackRepair.Run(repository, packs: null, PrunedRepository.Options with { HasEnded = _ => true }, new CheckProgress(), default);

    private static bool DiesAt(int calls, bool losesReply, PrunedRepository repository, Action<Repository> repair)
    {
        FailingStorage? failing = null;
        using Repository dying = repository.OpenOn(storage => failing = new FailingStorage(storage, calls) { LosesReply = losesReply });
        try
        {
            repair(dying);
        }
        catch (StorageException)
        {
        }

        return failing!.HasFailed;
    }
}
