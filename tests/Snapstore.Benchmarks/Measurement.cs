using System.Diagnostics;
using System.Globalization;

namespace Snapstore.Benchmarks;

/// <summary>Speeds of the rounds of one measurement, in bytes a second of wall time on one thread.</summary>
internal sealed record Measurement(double Best, double Median)
{
    private const int Rounds = 15;

    /// <summary>Runs the work once unmeasured, then in rounds. The work handles the given bytes each time.</summary>
    public static Measurement Of(long bytes, Action work)
    {
        work();
        double[] speeds = new double[Rounds];
        for (int round = 0; round < Rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            work();
            speeds[round] = bytes / Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        Array.Sort(speeds);
        return new Measurement(speeds[^1], speeds[Rounds / 2]);
    }

    /// <summary>Best and median in GB/s (10^9 bytes).</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Best / 1e9:0.00}/{Median / 1e9:0.00}");
}
