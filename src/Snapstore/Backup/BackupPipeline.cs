using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Backup;

/// <summary>
/// walk -> read, cut, hash, make deltas (reader threads) -> look up, fill segments, build trees (one thread) -> compress, seal, append
/// (seal threads) -> publish (one thread). Every queue and its bound on one screen.
/// </summary>
/// <remarks>
/// | queue | bound | memory |
/// | batches on their way to the tree stage | 8 | 8 x 1 MiB of small files, 8 x 512 entries |
/// | pieces of one large file or content of a source | 3 | 3 x 1 MiB for each reader, and for each file that is read and waits in a batch |
/// | what is new of pieces of which that is little | 4 MiB a file | 16 MiB of all (<see cref="PiecePool"/>) |
/// | pieces of a content that a source writes | 2 | 2 x 1 MiB for each that is open |
/// | what deltas are made with | 1 a reader, once a large file has changed | 7 MiB; frames are half of their chunks at most |
/// | segments to be sealed | workers + 1, and 3 open | 1 MiB each |
/// | packs to be made durable | 1, and 2 open | their directories; bytes are with the storage |
/// Readers take batches in the order of the walk, the tree stage consumes them in that order: so the batch it waits for
/// is always being read, and nothing can wait for each other in a ring.
/// </remarks>
internal sealed class BackupPipeline : IDisposable
{
    private const int BatchesMax = 8;
    private const int PiecesBesideMax = 2;

    // Those that compare with what is far away wait more than they work.
    private const int FarReadersMin = 4;

    private readonly WorkQueue<WalkBatch> _reading;
    private readonly WorkQueue<WalkBatch> _building;
    private readonly SemaphoreSlim _buffersFree = new(BatchesMax);
    private readonly ConcurrentBag<byte[]> _buffers = [];
    private readonly TreeStage _trees;
    private readonly PiecePool _pieces = new();
    private readonly ConcurrentDictionary<PieceQueue, bool> _streams = [];
    private readonly ConcurrentBag<ReadStage> _readersBeside = [];
    private readonly Func<ReadStage> _makeReader;
    private readonly bool _isInline;
    private volatile bool _isStopped;
    private volatile bool _isAbandoned;
    private volatile ExceptionDispatchInfo? _whyAbandoned;
    private WalkBatch _batch = new();

    public BackupPipeline(Repository repository, BlobWriter blobs, PipelineOptions options, RunProgress progress, BackupNotes notes, CancellationToken cancel)
    {
        Notes = notes;
        _trees = new TreeStage(blobs, new NodeSplitter(repository.Keys), progress, Notes);
        _makeReader = () => new ReadStage(new ContentCutter(repository, options), cancel);
        _reading = new WorkQueue<WalkBatch>("read", Readers(repository.Storage, options.Workers), BatchesMax, () =>
        {
            ReadStage reader = _makeReader();
            return (reader.Process, reader);
        }, batch => batch.ReleaseSources());
        _building = new WorkQueue<WalkBatch>("trees", options.Workers > 0 ? 1 : 0, BatchesMax, () => (Build, null));
        _trees.Detached.Done = job => Release(job.Pieces);
        _isInline = options.Workers == 0;
    }

    /// <summary>Warnings and notes so far.</summary>
    public BackupNotes Notes { get; }

    /// <summary>The root of the outermost directory, once the walk is finished.</summary>
    public BlobId? Root => _trees.Root;

    /// <summary>Files that looked unchanged and whose content has changed.</summary>
    public long FilesFoundChanged => _trees.FilesFoundChanged;

    /// <summary>An entry that is complete.</summary>
    public void Entry(TreeEntry entry) => Emit(new WalkEvent(WalkEventKind.Entry, entry));

    /// <summary>A directory whose entries follow; its tree is filled in at the end.</summary>
    public void Begin(TreeEntry directory) => Emit(new WalkEvent(WalkEventKind.Begin, directory));

    /// <summary>The end of the directory begun last.</summary>
    public void End() => Emit(new WalkEvent(WalkEventKind.End, null));

    /// <summary>Room for a small file's content; the job made for it comes next.</summary>
    public int ReserveBuffer(long size)
    {
        int needed = (int)size;
        if (_batch.Buffer is not null && _batch.BufferUsed + needed > WalkBatch.BufferSize)
            Flush();
        _batch.Buffer ??= RentBuffer();
        int offset = _batch.BufferUsed;
        _batch.BufferUsed += needed;
        return offset;
    }

    /// <summary>A small file, whose room was reserved.</summary>
    public void File(TreeEntry file, FileJob job) => Emit(new WalkEvent(WalkEventKind.File, file, job));

    /// <summary>The way of a large file's pieces; the job made with it comes next.</summary>
    public PieceQueue NewPieceQueue() => new(_pieces, _isInline ? int.MaxValue : PieceQueue.PiecesMax, _trees.Detached.Arrived);

    /// <summary>A file whose content comes in pieces.</summary>
    public void Stream(TreeEntry file, FileJob job)
    {
        Flush();
        _streams[job.Pieces!] = true;
        if (_isAbandoned)
            job.Pieces!.Abandon();
        _batch.IsStreamed = true;
        Emit(new WalkEvent(WalkEventKind.File, file, job));
        Flush();
    }

    /// <summary>True where all is done by who emits it.</summary>
    public bool IsInline => _isInline;

    /// <summary>Reads a content to its end on the calling thread, beside all else. Any number of threads may do so, each with a
    /// content of its own; not where all is inline.</summary>
    /// <param name="makeJob">Makes the job that uses these pieces; its entry is built elsewhere.</param>
    public void ReadBeside(Func<PieceQueue, FileJob> makeJob)
    {
        PieceQueue pieces = new(_pieces, PiecesBesideMax, _trees.Detached.Arrived);
        FileJob job = makeJob(pieces);
        _streams[pieces] = true;
        if (_isAbandoned)
            pieces.Abandon();
        WalkBatch announced = new() { IsStreamed = true };
        announced.Events.Add(new WalkEvent(WalkEventKind.File, null, job));
        _building.Add(announced);
        _trees.Detached.Arrived.Set();
        ReadStage reader = _readersBeside.TryTake(out ReadStage? used) ? used : _makeReader();
        using WalkBatch alone = new();
        alone.Events.Add(new WalkEvent(WalkEventKind.File, null, job));
        reader.Process(alone);
        _readersBeside.Add(reader);
    }

    /// <summary>Throws what the run has failed of, if it did.</summary>
    public void ThrowIfFailed()
    {
        _whyAbandoned?.Throw();
        _reading.ThrowIfFailed();
        _building.ThrowIfFailed();
    }

    /// <summary>Waits until all that was emitted so far is read and built, or something has failed.</summary>
    public void WaitUntilBuilt()
    {
        using ManualResetEventSlim reached = new(false);
        Emit(new WalkEvent(WalkEventKind.Mark, null, Reached: reached.Set));
        Flush();
        while (!reached.Wait(TimeSpan.FromMilliseconds(50)))
            ThrowIfFailed();
    }

    /// <summary>Waits until all that was emitted is read and built.</summary>
    public void Finish()
    {
        Flush();
        _reading.Complete();
        _building.Complete();
    }

    /// <summary>Gives up what is under way.</summary>
    public void Stop()
    {
        _isStopped = true;
        AbandonStreams();
        _reading.Dispose();
        _building.Dispose();
    }

    public void Dispose()
    {
        Stop();
        _batch.ReleaseSources();
        _batch.Dispose();
        _buffersFree.Dispose();
        _trees.Dispose();
        foreach (ReadStage reader in _readersBeside)
            reader.Dispose();
    }

    private static int Readers(IStorage storage, int workers) => workers == 0 ? 0 : Math.Max(workers, Math.Min(FarReadersMin, storage.RequestsMax));

    private void Emit(WalkEvent next)
    {
        _batch.Events.Add(next);
        if (_batch.Events.Count >= WalkBatch.EventsMax)
            Flush();
    }

    private void Flush()
    {
        if (_batch.Events.Count == 0)
            return;
        WalkBatch full = _batch;
        _batch = new WalkBatch();
        try
        {
            _reading.Add(full);
        }
        catch
        {
            full.ReleaseSources();
            throw;
        }

        _building.Add(full);
        _trees.Detached.Arrived.Set();
    }

    private void Build(WalkBatch batch)
    {
        using (batch)
        {
            ConsumeOrAbandon(batch);
            foreach (WalkEvent done in batch.Events.Where(done => done.Job?.Stored is null))
                Release(done.Job?.Pieces);
            if (batch.Buffer is { } buffer)
            {
                _buffers.Add(buffer);
                _buffersFree.Release();
            }
        }
    }

    // A reader may wait for this stage to take its pieces; it never will again, and the walk may wait for that reader.
    private void ConsumeOrAbandon(WalkBatch batch)
    {
        try
        {
            _trees.Consume(batch, ThrowIfReadingEnded);

            // Nothing else comes for the moment, and readers wait for their pieces to be taken.
            while (_building.IsIdle && !_trees.Detached.IsEmpty)
                _trees.TakeDetached(ThrowIfReadingEnded);
        }
        catch (Exception e)
        {
            // First why, then that: who finds its stream abandoned asks why at once.
            _whyAbandoned = ExceptionDispatchInfo.Capture(e);
            AbandonStreams();
            throw;
        }
    }

    private void AbandonStreams()
    {
        _isAbandoned = true;
        foreach (PieceQueue stream in _streams.Keys)
            stream.Abandon();
    }

    private void Release(PieceQueue? pieces)
    {
        if (pieces is not null && _streams.TryRemove(pieces, out _))
            pieces.Release();
    }

    private void ThrowIfReadingEnded()
    {
        _reading.ThrowIfFailed();
        if (_isStopped)
            throw new OperationCanceledException();
    }

    private byte[] RentBuffer()
    {
        while (!_buffersFree.Wait(TimeSpan.FromMilliseconds(100)))
            ThrowIfFailed();

        return _buffers.TryTake(out byte[]? buffer) ? buffer : LargeBuffer.Allocate(WalkBatch.BufferSize);
    }
}
