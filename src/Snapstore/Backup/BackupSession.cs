using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Backup;

/// <summary>One run of a writer, from its session record to its manifest (spec/protocols/backup.md).</summary>
/// <remarks>
/// Order of writes: session record, then what is condemned and the list of packs are read, then packs, index objects, manifest;
/// then the session record goes. A crash at any point leaves a valid repository: all but the manifest is unreferenced or a cache.
/// </remarks>
internal sealed class BackupSession : IDisposable
{
    private readonly Repository _repository;
    private readonly BackupOptions _options;
    private readonly RunProgress _progress;
    private readonly TimeProvider _time;
    private readonly CancellationToken _cancel;
    private readonly long _start;
    private readonly SessionId _id = SessionId.NewRandom();
    private readonly BlobWriter _blobs;
    private bool _isRegistered;
    private bool _isEnded, _isCommitting;

    public BackupSession(Repository repository, BackupOptions options, RunProgress progress, BackupNotes notes, TimeProvider time, CancellationToken cancel)
    {
        _repository = repository;
        _options = options;
        _progress = progress;
        _time = time;
        _cancel = cancel;
        _start = UnixTime.ToNanoseconds(time.GetUtcNow());
        repository.CheckWritable();
        if (!options.DryRun)
            Register();
        try
        {
            LoadedIndex loaded = repository.LoadForSession();
            _blobs = new BlobWriter(repository, _id, new BlobWriterOptions(options.Compression, options.Workers, options.DryRun, options.OnNewData), time);
            if (!options.DryRun)
                _blobs.Adopt(loaded.Unindexed);
            Pipeline = new BackupPipeline(repository, _blobs, PipelineOptions.Of(options), progress, notes, cancel);
        }
        catch
        {
            _blobs?.Dispose();
            End();
            throw;
        }
    }

    /// <summary>Where events of the walk go.</summary>
    public BackupPipeline Pipeline { get; }

    /// <summary>Runs the walk; returns the root of what it emitted, or of the parent where nothing had changed. Cancelled,
    /// it makes durable what was stored, so that a rerun continues.</summary>
    public BlobId? Capture(Action walk, Func<BlobId?> unchangedRoot)
    {
        try
        {
            walk();
            Pipeline.Finish();

            // An interruption reaches the program that writes our stream as well: its end may not be the true end.
            _cancel.ThrowIfCancellationRequested();
            _blobs.Finish();
            return Pipeline.Root ?? unchangedRoot();
        }
        catch (OperationCanceledException) when (_cancel.IsCancellationRequested)
        {
            Pipeline.Stop();
            _blobs.Finish();
            throw;
        }
    }

    /// <summary>Writes the manifest: with it the snapshot exists.</summary>
    public BackupReport Commit(SnapshotCounts counts, BlobId? root, Snapshot? parent, Func<Manifest, Manifest> describe)
    {
        StoredCounts stored = _blobs.Counts;
        BackupNotes notes = Pipeline.Notes;
        Manifest manifest = describe(new Manifest
        {
            Root = root ?? throw new InvalidOperationException("a walk without a root"),
            Source = SourceKind.Files,
            Host = _options.Host,
            User = _options.User,
            Program = _options.Program,
            TimeNanoseconds = _options.TimeNanoseconds ?? _start,
            StartNanoseconds = _start,
            EndNanoseconds = UnixTime.ToNanoseconds(_time.GetUtcNow()),
            Tags = [.. _options.Tags.Distinct().Order(StringComparer.Ordinal)],
            Parent = parent?.Id,
            ParentHash = parent?.Hash,
            Sequence = (parent?.Manifest.Sequence ?? 0) + 1,
            Counts = counts with
            {
                Bytes = _progress.Bytes,
                DeltaBlobsNew = stored.DeltaBlobs,
                DeltaBytesNew = stored.DeltaBytes,
                DataBlobsNew = stored.DataBlobs,
                DataBytesNew = stored.DataBytes,
                MetaBlobsNew = stored.MetaBlobs,
                MetaBytesNew = stored.MetaBytes,
                BytesStored = stored.StoredBytes,
            },
            WarningCount = notes.Warnings.Total,
            Warnings = [.. notes.Warnings.Take(Limits.ManifestWarningsMax)],
        });
        if (_options.DryRun)
            return new BackupReport(null, manifest, parent?.Id, notes.Warnings, notes.Notes);
        SessionRegister.SecureLocks(_repository);
        _isCommitting = true;
        SessionRegister.Commit(_repository, _id, manifest);
        _isEnded = true;
        if (RemoveSessionRecord() is { } failure)
            notes.Note("sessions"u8, $"the record {StorageKey.Session(_id)} could not be removed{(failure.MissingRight is { } right ? $" ({right} is missing)" : "")}; it does no harm, and goes with the next prune");
        return new BackupReport(_id, manifest, parent?.Id, notes.Warnings, notes.Notes);
    }

    public void Dispose()
    {
        Pipeline.Dispose();
        _blobs.Dispose();
        End();
    }

    private void Register()
    {
        SessionRecord record = new(_options.Host, _options.User, _options.Program, Environment.ProcessId, _start, Posix.ProcessIdentity.Current);
        SessionRegister.Begin(_repository, _id, record);
        _isRegistered = true;
    }

    // A session that stored something and does not commit says so: its packs are garbage as soon as nobody uses them. A commit of which
    // nobody knows whether it went through is settled by that: without its record a prune would not wait for it.
    private void End()
    {
        try
        {
            if (!_isEnded && _isRegistered && (_isCommitting || _blobs?.Counts.StoredBytes > 0))
                SessionRegister.Fence(_repository, _id, new RecordOrigin(_options.Host, _options.User, _options.Program, UnixTime.ToNanoseconds(_time.GetUtcNow())));
        }
        catch (StorageException)
        {
            // A prune will find the record of a process that is no more.
            return;
        }

        _ = RemoveSessionRecord();
    }

    // Tidiness only: a record that stays is one whose session has ended, which its register says as well.
    private StorageException? RemoveSessionRecord()
    {
        if (!_isRegistered)
            return null;
        try
        {
            _repository.Storage.Delete(StorageKey.Session(_id));
            _isRegistered = false;
            return null;
        }
        catch (StorageException e)
        {
            return e;
        }
    }
}
