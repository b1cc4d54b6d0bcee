namespace Snapstore;

/// <summary>Unix nanoseconds, as manifests hold them, and .NET's times (which count 100 ns).</summary>
public static class UnixTime
{
    private static readonly long NanosecondsMax = (DateTimeOffset.MaxValue - DateTimeOffset.UnixEpoch).Ticks;

    /// <summary>Nanoseconds since 1970-01-01T00:00:00Z.</summary>
    public static long ToNanoseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    /// <summary>The time that many nanoseconds after 1970-01-01T00:00:00Z.</summary>
    public static DateTimeOffset FromNanoseconds(long nanoseconds) =>
        DateTimeOffset.UnixEpoch.AddTicks(Math.Min(nanoseconds / TimeSpan.NanosecondsPerTick, NanosecondsMax));
}
