using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Garbage;

/// <summary>A session of a prune, a repair or an undelete, from its registration to its end (spec/protocols/garbage.md, W1 to W6).
/// One that does not commit fences itself: what it wrote is a copy, needed as far as snapshots need it.</summary>
internal sealed class OwnSession : IDisposable
{
    private readonly Repository _repository;
    private readonly RecordOrigin _origin;
    private readonly bool _isDryRun;
    private bool _hasEnded;

    /// <summary>Registers, unless nothing is to be written.</summary>
    public OwnSession(Repository repository, RecordOrigin origin, bool isDryRun = false)
    {
        _repository = repository;
        _origin = origin;
        _isDryRun = isDryRun;
        if (!isDryRun)
        {
            SessionRegister.Begin(repository, Id, new SessionRecord(
                origin.Host, origin.User, origin.Program, Environment.ProcessId, origin.TimeNanoseconds, Posix.ProcessIdentity.Current));
        }
    }

    /// <summary>Its id.</summary>
    public SessionId Id { get; } = SessionId.NewRandom();

    /// <summary>Ends it with a snapshot.</summary>
    /// <exception cref="SessionFencedException">A prune took it for dead.</exception>
    public void Commit(Manifest manifest)
    {
        SessionRegister.SecureLocks(_repository);
        SessionRegister.Commit(_repository, Id, manifest);
        _hasEnded = true;
    }

    /// <summary>Ends it where it has not ended, and signs off. Where the storage fails, a prune does so. A commit of which nobody knows whether
    /// it went through is settled first: without its record a prune would not wait for it.</summary>
    public void Dispose()
    {
        if (_isDryRun)
            return;
        try
        {
            if (!_hasEnded)
                SessionRegister.Fence(_repository, Id, _origin);
            _repository.Storage.Delete(StorageKey.Session(Id));
        }
        catch (StorageException)
        {
        }
    }
}
