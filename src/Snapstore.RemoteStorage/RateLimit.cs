using System.Diagnostics;

namespace Snapstore.RemoteStorage;

/// <summary>So many bytes a second, over all that share it. Thread safe.</summary>
public sealed class RateLimit
{
    /// <summary>Bytes a second: less could not keep some connections alive at a time.</summary>
    public const long BytesMin = 64 << 10;

    private readonly Lock _lock = new();
    private readonly double _ticksOfByte;
    private long _free;

    /// <summary>A limit of this many bytes a second.</summary>
    /// <exception cref="UsageException">They are fewer than <see cref="BytesMin"/>.</exception>
    public RateLimit(long bytesOfSecond)
    {
        if (bytesOfSecond < BytesMin)
            throw new UsageException($"a limit of {bytesOfSecond} bytes a second is too low: give {BytesMin >> 10}KiB or more");
        _ticksOfByte = (double)Stopwatch.Frequency / bytesOfSecond;
    }

    /// <summary>How long whoever moved so many bytes has to wait now. Time that nobody used is not made up for.</summary>
    public TimeSpan Take(int bytes)
    {
        lock (_lock)
        {
            long now = Stopwatch.GetTimestamp();
            _free = Math.Max(_free, now) + (long)(bytes * _ticksOfByte);
            return Stopwatch.GetElapsedTime(now, _free);
        }
    }
}
