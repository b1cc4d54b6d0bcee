using System.Diagnostics;
using System.Globalization;
using Snapstore.Tests;

namespace Snapstore.Fuzz;

/// <summary>The command line: tools/fuzz (spec/fuzzing.md).</summary>
internal static class FuzzCommand
{
    private const string Usage = "usage: fuzz TARGET|all [--seconds S | --executions N] [--seed X]\n       fuzz TARGET --replay FILE\n       fuzz list";
    private const int ExitFailures = 1, ExitUsage = 2;

    private static readonly TimeSpan TimeDefault = TimeSpan.FromSeconds(10);

    // An execution that runs this long will never end.
    private static readonly TimeSpan HangTime = TimeSpan.FromSeconds(20);

    /// <summary>Runs one command; returns the exit code: 0 nothing failed, 1 something did, 2 usage.</summary>
    public static int Run(string[] arguments)
    {
        if (arguments is ["list"])
        {
            foreach (FuzzTarget target in Targets.All)
                Console.Out.WriteLine($"{target.Name,-20} {target.Decoder}");
            return 0;
        }

        FuzzTarget[] chosen = [.. Targets.All.Where(target => arguments is [var name, ..] && (name == "all" || name == target.Name))];
        if (chosen.Length == 0 || Options.Parse(arguments[1..]) is not { } options)
        {
            Console.Error.WriteLine(Usage);
            return ExitUsage;
        }

        int failures = options.Replay is { } file ? chosen.Sum(target => Replay(target, file)) : chosen.Sum(target => Fuzz(target, options));
        return failures == 0 ? 0 : ExitFailures;
    }

    private static int Fuzz(FuzzTarget target, Options options)
    {
        Fuzzer fuzzer = new(target, options.Seed);
        using Timer watch = new(_ => EndHang(target, fuzzer, options.Seed), null, HangTime, HangTime);
        FuzzReport report = fuzzer.Run(options.Executions, options.Time);
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{target.Name,-20} {report.Executions,10} executions {report.Elapsed.TotalSeconds,6:f1} s  {report.Taken,9} taken  {report.Outcomes,4} outcomes  slowest {report.Slowest.TotalMilliseconds,6:f1} ms  {report.AllocatedMost >> 10,6} KiB at most  seed {options.Seed}  {report.Failures.Count} failures"));
        foreach (FuzzFailure failure in report.Failures)
            Save(target, options.Seed, failure);
        return report.Failures.Count;
    }

    private static int Replay(FuzzTarget target, string file)
    {
        FuzzFailure? failure = new Fuzzer(target, 0).Replay(HexFile.Read(file));
        Console.Out.WriteLine($"{target.Name}: {failure?.Problem ?? "nothing failed"}");
        return failure is null ? 0 : 1;
    }

    private static void Save(FuzzTarget target, int seed, FuzzFailure failure)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"{target.Name}-{seed}-{failure.Execution}.hex");
        string path = Checkout.PathOf("artifacts", "fuzz", name);
        HexFile.Write(path, $"seed {seed}, execution {failure.Execution}: {failure.Problem}", failure.Input);
        Console.Out.WriteLine($"  FAILED: {failure.Problem}\n  seed {seed}, execution {failure.Execution}; the input: {path}");
    }

    private static void EndHang(FuzzTarget target, Fuzzer fuzzer, int seed)
    {
        (byte[] input, long since) = fuzzer.Current;
        if (Stopwatch.GetElapsedTime(since) < HangTime)
            return;
        Save(target, seed, new FuzzFailure(fuzzer.Execution, "does not end", input));
        Environment.Exit(ExitFailures);
    }

    private sealed record Options(long Executions, TimeSpan Time, int Seed, string? Replay)
    {
        public static Options? Parse(string[] arguments)
        {
            Options options = new(long.MaxValue, TimeDefault, 1, null);
            for (int i = 0; i < arguments.Length; i += 2)
            {
                if (i + 1 == arguments.Length || options.With(arguments[i], arguments[i + 1]) is not { } next)
                    return null;
                options = next;
            }

            return options;
        }

        private Options? With(string name, string value)
        {
            bool isNumber = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
            return name switch
            {
                "--seconds" when isNumber => this with { Time = TimeSpan.FromSeconds(number) },
                "--executions" when isNumber => this with { Executions = number, Time = TimeSpan.MaxValue },
                "--seed" when isNumber => this with { Seed = number },
                "--replay" => this with { Replay = value },
                _ => null,
            };
        }
    }
}
