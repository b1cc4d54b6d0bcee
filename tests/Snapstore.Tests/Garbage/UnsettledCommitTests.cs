using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Tests.Garbage;

/// <summary>A commit that failed may go through later: the session is settled before its record goes, or a prune would not wait for it.</summary>
public sealed class UnsettledCommitTests
{
    private readonly PrunedRepository _repository = new();

    [Fact]
    public void A_snapshot_whose_commit_got_no_answer_is_fenced_though_it_stored_nothing()
    {
        byte[] content = PrunedRepository.Bytes(1, 100_000);
        _repository.Snapshot(content);
        SessionId failed = Fail(content);

        Assert.True(SessionRegister.IsFence(Repository.ReadWhole(_repository.Storage, StorageKey.Snapshot(failed))));
        Assert.Empty(SessionRegister.ListRegistered(_repository.Storage));
    }

    [Fact]
    public void Where_it_cannot_be_fenced_its_record_stays()
    {
        byte[] content = PrunedRepository.Bytes(1, 100_000);
        _repository.Snapshot(content);
        SessionId failed = Fail(content, times: 2);

        Assert.Equal([failed], SessionRegister.ListRegistered(_repository.Storage));
    }

    // The first puts of the register get no answer.
    private SessionId Fail(byte[] content, int times = 1)
    {
        SessionId session = default;
        using Repository repository = _repository.OpenOn(storage => new HookedStorage(storage)
        {
            BeforePut = key =>
            {
                if (key.TryParseId(StorageKey.SnapshotsPrefix, out SessionId id) && times-- > 0)
                {
                    session = id;
                    throw new StorageException("no answer") { IsTransient = true };
                }
            },
        });
        Assert.Throws<StorageException>(() => _repository.SnapshotOn(repository, content));
        return session;
    }
}
