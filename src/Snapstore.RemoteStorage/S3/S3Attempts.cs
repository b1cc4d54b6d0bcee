using System.Buffers.Binary;
using System.Diagnostics;

namespace Snapstore.RemoteStorage.S3;

/// <summary>The attempts of one call: which failures are worth another, and how long to wait before it.</summary>
/// <remarks>Exponential back-off with full jitter: each wait is random between nothing and a bound that doubles, so that
/// hosts that failed together do not come back together.</remarks>
internal sealed class S3Attempts(S3Settings settings, string location, string what, StorageLatency latency, WaitNotice notice)
{
    private const int DoublingsMax = 20;

    private int _failures;
    private long _firstFailure;

    /// <summary>Begins an attempt.</summary>
    public CallWatch Start() => new(settings.StallTime);

    /// <summary>Does a call until it goes through.</summary>
    /// <exception cref="StorageException">It cannot go through, or did not in the time there is.</exception>
    /// <exception cref="OperationCanceledException">Interrupted while it waited for another attempt.</exception>
    public T Run<T>(Func<CallWatch, Task<T>> call)
    {
        while (true)
        {
            using CallWatch watch = Start();
            long start = Stopwatch.GetTimestamp();
            try
            {
                T result = call(watch).GetAwaiter().GetResult();
                latency.Add(Stopwatch.GetElapsedTime(start));
                return result;
            }
            catch (Exception e) when (S3Failure.IsOfCall(e))
            {
                WaitOrThrow(e);
            }
        }
    }

    /// <summary>Waits before the next attempt; throws where there is none.</summary>
    public void WaitOrThrow(Exception failure)
    {
        if (_failures++ == 0)
            _firstFailure = Stopwatch.GetTimestamp();
        if (S3Failure.IsAnswer(failure))
            latency.AddError();
        if (!S3Failure.IsPassing(failure))
            throw S3Failure.Explain(location, what, failure);
        TimeSpan wait = NextWait();
        TimeSpan most = latency.HasAnswered || settings.FirstRetryTime > settings.RetryTime ? settings.RetryTime : settings.FirstRetryTime;
        TimeSpan failing = Stopwatch.GetElapsedTime(_firstFailure);
        if (failing + wait > most)
            throw S3Failure.GivenUp(location, what, _failures, failing, failure);
        notice.Add(failing + wait, failure is OperationCanceledException, () => S3Failure.TriedAgain(location, what, most - failing, failure));
        if (settings.Cancel.WaitHandle.WaitOne(wait))
            throw new OperationCanceledException(settings.Cancel);
    }

    private TimeSpan NextWait()
    {
        Span<byte> random = stackalloc byte[sizeof(uint)];
        Randomness.Fill(random);
        double bound = Math.Min(settings.WaitMax.TotalMilliseconds, settings.WaitFirst.TotalMilliseconds * Math.Pow(2, Math.Min(_failures - 1, DoublingsMax)));
        return TimeSpan.FromMilliseconds(bound * BinaryPrimitives.ReadUInt32LittleEndian(random) / uint.MaxValue);
    }
}
