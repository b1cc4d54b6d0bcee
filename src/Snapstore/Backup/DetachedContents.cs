using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Backup;

/// <summary>Contents whose entries are built elsewhere: taken piece by piece as they come, of several at once, so that a source
/// is read over as many connections as there are readers. One thread.</summary>
/// <remarks>Pieces are a MiB, so that contents lie in runs of about a segment although they are read beside each other.</remarks>
internal sealed class DetachedContents(PutMetaBlob putMeta, RunProgress progress, BackupNotes notes) : IDisposable
{
    private static readonly TimeSpan LookForFailure = TimeSpan.FromMilliseconds(100);

    private readonly List<Detached> _open = [];
    private readonly Stack<ChunkListWriter> _spare = new();

    /// <summary>Set whenever there may be something to do.</summary>
    public AutoResetEvent Arrived { get; } = new(false);

    /// <summary>True where all contents are stored.</summary>
    public bool IsEmpty => _open.Count == 0;

    /// <summary>Told of a job that is done, stored or failed.</summary>
    public Action<FileJob>? Done { get; set; }

    /// <summary>Takes in a content that is, or will be, read.</summary>
    public void Add(FileJob job) => _open.Add(new Detached(job, _spare.TryPop(out ChunkListWriter? writer) ? writer : new ChunkListWriter(putMeta)));

    /// <summary>Takes what has come of all contents; waits for something where nothing has.</summary>
    /// <param name="store">Stores the chunks of a piece and adds them to the writer.</param>
    /// <param name="throwIfFailed">Asked whether anything will ever come.</param>
    public void Take(Action<Piece, ChunkListWriter> store, Action throwIfFailed)
    {
        bool hasTaken = false;
        for (int i = _open.Count - 1; i >= 0; i--)
        {
            Detached next = _open[i];
            if (!next.Job.Pieces!.TryTake(out Piece? piece))
                continue;
            hasTaken = true;
            if (TakePiece(next, piece, store))
                _open.RemoveAt(i);
        }

        if (!hasTaken && !Arrived.WaitOne(LookForFailure))
            throwIfFailed();
    }

    public void Dispose() => Arrived.Dispose();

    private bool TakePiece(Detached next, Piece piece, Action<Piece, ChunkListWriter> store)
    {
        long before = next.Writer.Length;
        store(piece, next.Writer);
        progress.Add(files: 0, next.Writer.Length - before);
        bool isLast = piece.IsLast;
        next.Job.Pieces!.Return(piece);
        if (isLast)
            Finish(next);
        return isLast;
    }

    private void Finish(Detached next)
    {
        FileJob job = next.Job;
        long size = next.Writer.Length;
        FileContent content = next.Writer.Finish();
        _spare.Push(next.Writer);
        progress.Add(files: 1, bytes: 0);
        progress.At(job.Path);
        if (job.Warning is { } warning)
            notes.Warn(job.Path, warning);
        if (job.Failure is { } failure)
            notes.LeaveOut(job.Path, failure);
        else
            job.Stored!(content, size);
        Done?.Invoke(job);
    }

    private readonly record struct Detached(FileJob Job, ChunkListWriter Writer);
}
