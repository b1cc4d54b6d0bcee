using System.Buffers;
using Snapstore.Repositories;

namespace Snapstore.Copying;

/// <summary>The copy of a snapshot into one other repository, made while the snapshot is taken (spec/protocols/copy.md, "While a
/// snapshot is taken"). All that is done with that repository is done by one thread of its own; a failure there ends this copy alone.</summary>
/// <remarks>Memory: blobs that wait for the thread, <see cref="Limits.FollowingCopyBytesMax"/>, and what a copier takes.</remarks>
internal sealed class FollowingCopy : IDisposable
{
    // What a small blob takes while it waits, beside its bytes.
    private const int StepOverhead = 512;

    private readonly Repository _source;
    private readonly Repository _target;
    private readonly CopyOptions _options;
    private readonly bool _waits;
    private readonly RunProgress _progress;
    private readonly CancellationToken _cancel;
    private readonly object _gate = new();
    private readonly Queue<Step> _steps = new();
    private readonly Thread _thread;
    private SnapshotCopier? _copier;
    private long _bytes;
    private bool _isBusy, _isClosed;
    private volatile string _problem = "";

    /// <summary>Starts the thread.</summary>
    /// <param name="source">Where the snapshot is taken.</param>
    /// <param name="target">The other repository.</param>
    /// <param name="options">How copies are made.</param>
    /// <param name="waits">True holds the snapshot up where the target cannot keep up; false leaves out blobs, which are then read from the source.</param>
    /// <param name="progress">Where the copy stands.</param>
    /// <param name="cancel">Stops it.</param>
    public FollowingCopy(Repository source, Repository target, CopyOptions options, bool waits, RunProgress progress, CancellationToken cancel)
    {
        _source = source;
        _target = target;
        _options = options;
        _waits = waits;
        _progress = progress;
        _cancel = cancel;
        _thread = new Thread(Run) { Name = "copy", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Why there is no copy; "" where nothing has failed.</summary>
    public string Problem => _problem;

    /// <summary>The copy, when all is done; null where there is none.</summary>
    public CopiedSnapshot? Copied { get; private set; }

    /// <summary>Begins, or learns what a new parent tells. Nothing else may be asked of the source's index until <see cref="WaitUntilIdle"/> returns.</summary>
    public void Begin(Snapshot? parent) => Add(new Step(() =>
    {
        _copier ??= new SnapshotCopier(_source, _target, _options, _progress, _cancel);
        _copier.Begin(parent);
    }));

    /// <summary>A blob that the snapshot stores.</summary>
    public void Put(in BlobId id, ReadOnlySpan<byte> plain, DeltaFrame? delta)
    {
        if (_problem.Length > 0 || !HasRoom(plain.Length))
            return;
        byte[] copy = ArrayPool<byte>.Shared.Rent(plain.Length);
        plain.CopyTo(copy);
        (BlobId blob, int length) = (id, plain.Length);
        Add(new Step(() => _copier!.Put(blob, copy.AsSpan(0, length), delta), length + StepOverhead, copy));
    }

    /// <summary>Copies the snapshot, which is there.</summary>
    public void Finish(Snapshot snapshot) => Add(new Step(() =>
    {
        Copied = _copier!.Copy(snapshot);
        if (Copied.Outcome == CopyOutcome.Failed)
            _problem = Copied.Problem;
    }));

    /// <summary>Waits until all that was asked for is done.</summary>
    public void WaitUntilIdle()
    {
        lock (_gate)
        {
            while (_steps.Count > 0 || _isBusy)
                Monitor.Wait(_gate);
        }
    }

    /// <summary>Ends the thread; what was stored without a snapshot stays for the next copy.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isClosed = true;
            Monitor.PulseAll(_gate);
        }

        _thread.Join();
    }

    // Decided by the one thread that puts: room that is there stays there.
    private bool HasRoom(int length)
    {
        lock (_gate)
        {
            while (_bytes > 0 && _bytes + length > Limits.FollowingCopyBytesMax)
            {
                if (!_waits || _cancel.IsCancellationRequested)
                    return false;
                Monitor.Wait(_gate);
            }

            return true;
        }
    }

    private void Add(Step step)
    {
        lock (_gate)
        {
            _steps.Enqueue(step);
            _bytes += step.Bytes;
            Monitor.PulseAll(_gate);
        }
    }

    private void Run()
    {
        while (Take() is { } step)
        {
            if (_problem.Length == 0)
                Attempt(step.Work);
            if (step.Rented is { } rented)
                ArrayPool<byte>.Shared.Return(rented);
            lock (_gate)
            {
                _bytes -= step.Bytes;
                _isBusy = false;
                Monitor.PulseAll(_gate);
            }
        }

        if (_copier is null)
            return;
        if (_problem.Length == 0)
            Attempt(_copier.GiveUp);
        Attempt(_copier.Dispose);
    }

    private Step? Take()
    {
        lock (_gate)
        {
            while (_steps.Count == 0 && !_isClosed)
                Monitor.Wait(_gate);
            _isBusy = _steps.TryDequeue(out Step? step);
            return step;
        }
    }

    // Whatever fails in the other repository is told beside the snapshot, which has not failed.
    private void Attempt(Action work)
    {
        try
        {
            work();
        }
#pragma warning disable CA1031
        catch (Exception e)
#pragma warning restore CA1031
        {
            _problem = Explain(e);
        }
    }

    private string Explain(Exception failure)
    {
        while (failure is AggregateException { InnerExceptions: [Exception only] })
            failure = only;
        return failure switch
        {
            OperationCanceledException when _cancel.IsCancellationRequested => "it was interrupted",
            SnapstoreException known => known.Message,
            _ => $"this should not have happened: {failure.GetType().Name}: {failure.Message}",
        };
    }

    private sealed record Step(Action Work, int Bytes = 0, byte[]? Rented = null);
}
