namespace Snapstore.RemoteStorage;

/// <summary>How far away a store is, learnt from the quickest of its answers, and what follows for the number of connections.</summary>
/// <remarks>While one request waits, others can be served: near stores gain by few, for each has work to do here as well; far ones
/// by many. Thread safe.</remarks>
internal sealed class StorageLatency
{
    private const int RequestsMin = 4, RequestsLimit = 24;
    private const double MillisecondsARequest = 2.5;

    private long _quickestTicks = TimeSpan.FromMilliseconds(10).Ticks;
    private int _isKnown, _hasAnswered;

    /// <summary>Requests that pay to be under way at a time: 4 within the machine, 12 at 20 ms, 24 from 50 ms on; 8 until the first answer.</summary>
    public int RequestsMax => Math.Clamp(
        RequestsMin + (int)(TimeSpan.FromTicks(Interlocked.Read(ref _quickestTicks)).TotalMilliseconds / MillisecondsARequest), RequestsMin, RequestsLimit);

    /// <summary>True where anything was answered yet, be it an error.</summary>
    public bool HasAnswered => Volatile.Read(ref _hasAnswered) != 0;

    /// <summary>A request was answered after so long.</summary>
    public void Add(TimeSpan took)
    {
        AddError();
        bool isFirst = Interlocked.Exchange(ref _isKnown, 1) == 0;
        long before = Interlocked.Read(ref _quickestTicks);
        while ((isFirst || took.Ticks < before) && Interlocked.CompareExchange(ref _quickestTicks, took.Ticks, before) != before)
            before = Interlocked.Read(ref _quickestTicks);
    }

    /// <summary>A request was answered by an error, which may be quicker than any answer.</summary>
    public void AddError() => Volatile.Write(ref _hasAnswered, 1);
}
