using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Snapstore.Sources;

namespace Snapstore.Backup;

/// <summary>Runs a scan on a thread of its own, so many batches ahead of whoever consumes it; with none ahead it runs where
/// it is consumed, in one order.</summary>
internal sealed class ScanAhead : IDisposable
{
    private readonly Action<Action<ScanBatch>, CancellationToken> _scan;
    private readonly CancellationToken _cancel;
    private readonly CancellationTokenSource _stop;
    private readonly BlockingCollection<ScanBatch>? _batches;
    private readonly Thread? _thread;
    private ExceptionDispatchInfo? _failure;

    public ScanAhead(int batchesAhead, Action<Action<ScanBatch>, CancellationToken> scan, CancellationToken cancel)
    {
        _scan = scan;
        _cancel = cancel;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        if (batchesAhead == 0)
            return;
        _batches = new BlockingCollection<ScanBatch>(batchesAhead);
        _thread = new Thread(ScanToQueue, maxStackSize: 64 << 20) { Name = "scan", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Passes every batch of the scan to <paramref name="consume"/>, on this thread.</summary>
    public void Run(Action<ScanBatch> consume)
    {
        if (_batches is null)
        {
            _scan(consume, _cancel);
            return;
        }

        foreach (ScanBatch batch in _batches.GetConsumingEnumerable(_cancel))
            consume(batch);
        _failure?.Throw();
    }

    public void Dispose()
    {
        _stop.Cancel();
        _thread?.Join();
        _batches?.Dispose();
        _stop.Dispose();
    }

    // A stage boundary: what fails here is thrown where the batches are consumed.
    private void ScanToQueue()
    {
        try
        {
            _scan(batch => _batches!.Add(batch, _stop.Token), _stop.Token);
        }
#pragma warning disable CA1031
        catch (Exception e)
#pragma warning restore CA1031
        {
            _failure = ExceptionDispatchInfo.Capture(e);
        }
        finally
        {
            _batches!.CompleteAdding();
        }
    }
}
