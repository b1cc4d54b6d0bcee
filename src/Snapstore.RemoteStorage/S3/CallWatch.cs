namespace Snapstore.RemoteStorage.S3;

/// <summary>Ends one request that makes no progress.</summary>
internal sealed class CallWatch : IDisposable
{
    private readonly TimeSpan _stall;
    private readonly CancellationTokenSource _end = new();
    private long _moved;

    public CallWatch(TimeSpan stall)
    {
        _stall = stall;
        _end.CancelAfter(stall);
    }

    /// <summary>Cancelled when the time is up.</summary>
    public CancellationToken Token => _end.Token;

    /// <summary>So many bytes came or went.</summary>
    public void Moved(int bytes)
    {
        if (Interlocked.Add(ref _moved, bytes) < S3Settings.StallBytes)
            return;
        Interlocked.Exchange(ref _moved, 0);
        _end.CancelAfter(_stall);
    }

    /// <summary>Waits, on purpose: that is no stall.</summary>
    public async Task Wait(TimeSpan time)
    {
        _end.CancelAfter(time + _stall);
        await Task.Delay(time, Token).ConfigureAwait(false);
        _end.CancelAfter(_stall);
    }

    public void Dispose() => _end.Dispose();
}
