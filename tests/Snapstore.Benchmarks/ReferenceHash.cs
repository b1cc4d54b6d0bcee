using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Snapstore.Benchmarks;

/// <summary>Speeds of the b3sum program on one thread, in bytes a second.</summary>
/// <param name="ByUserTime">Of the time in the program itself, the mean of the runs.</param>
/// <param name="ByWallTime">Of all time from start to end, the best run.</param>
internal sealed record ReferenceHash(double ByUserTime, double ByWallTime)
{
    private const string MemoryFolder = "/dev/shm";
    private const long FileSize = 1L << 30;
    private const int Runs = 10;

    /// <summary>Measures on a file of the data repeated; null where the program or the folder is missing.</summary>
    public static ReferenceHash? Measure(byte[] data)
    {
        if (!Directory.Exists(MemoryFolder))
            return null;
        string path = Path.Combine(MemoryFolder, $"snapstore-benchmark-{Environment.ProcessId}");
        try
        {
            using (FileStream file = File.Create(path))
            {
                for (long size = 0; size < FileSize; size += data.Length)
                    file.Write(data);
            }
            return Repeat(path);
        }
        catch (Exception error) when (error is Win32Exception or IOException)
        {
            return null;
        }
        finally
        {
            File.Delete(path);
        }
    }

    // The kernel samples how a process's time divides: the mean of runs is true, their best is luck.
    private static ReferenceHash? Repeat(string path)
    {
        double wall = double.MaxValue;
        double user = 0;
        for (int run = 0; run < Runs; run++)
        {
            if (Time(path) is not [double runWall, double runUser])
                return null;
            wall = Math.Min(wall, runWall);
            user += runUser;
        }
        return new ReferenceHash(FileSize * Runs / user, FileSize / wall);
    }

    // Bash's own clock sees the user time of a finished child; milliseconds, about 1 % here.
    private static double[]? Time(string path)
    {
        ProcessStartInfo start = new("bash")
        {
            ArgumentList = { "-c", "TIMEFORMAT='%3R %3U'; time b3sum --num-threads 1 --no-mmap \"$0\" >&2", path },
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start) ?? throw new Win32Exception();
        string last = process.StandardError.ReadToEnd().TrimEnd().Split('\n')[^1];
        process.WaitForExit();
        return process.ExitCode != 0
            ? null
            : [.. last.Split(' ').Select(number => double.Parse(number, CultureInfo.InvariantCulture))];
    }
}
