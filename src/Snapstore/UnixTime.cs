namespace Snapstore;

/// <summary>Unix nanoseconds, as manifests hold them, and .NET's times (which count 100 ns).</summary>
public static class UnixTime
{
    private static readonly long NanosecondsMax = (DateTimeOffset.MaxValue - DateTimeOffset.UnixEpoch).Ticks;

    /// <summary>Nanoseconds since 1970-01-01T00:00:00Z.</summary>
    /// <exception cref="UsageException">The time is before 1678 or after 2261, which no such number can hold.</exception>
    public static long ToNanoseconds(DateTimeOffset time) => time.Year is >= 1678 and <= 2261
        ? (time - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick
        : throw new UsageException($"the year {time.Year} is out of range: times of snapshots are from 1678 to 2261");

    /// <summary>The time that many nanoseconds after 1970-01-01T00:00:00Z.</summary>
    public static DateTimeOffset FromNanoseconds(long nanoseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks(Math.Min(nanoseconds / TimeSpan.NanosecondsPerTick, NanosecondsMax));
}
