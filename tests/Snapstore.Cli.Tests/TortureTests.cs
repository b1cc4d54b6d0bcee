using System.Diagnostics;

namespace Snapstore.Cli.Tests;

/// <summary>A short run of tools/torture (spec/torture.md), with the same choices every time.</summary>
public sealed class TortureTests
{
    // Only root can mount the file system that gets full.
    private static string Kinds => Environment.IsPrivilegedProcess ? "kill,inject,full" : "kill,inject";

    [Fact]
    public void Nothing_is_lost_whatever_is_killed_or_fails() => Run("--rounds", "10", "--seed", "1", "--kinds", Kinds);

    [Fact]
    public void Nothing_is_acknowledged_that_a_power_cut_could_undo() => Run("order");

    private static void Run(params string[] arguments)
    {
        ProcessStartInfo start = new(ToolOf(SnapstoreProgram.File), ["--snapstore", SnapstoreProgram.File, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output + error.GetAwaiter().GetResult());
        Assert.EndsWith("nothing lost\n", output, StringComparison.Ordinal);
    }

    // artifacts/bin/Snapstore.Cli/CONFIGURATION/Snapstore.Cli -> tools/torture
    private static string ToolOf(string program) =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(program)!, "..", "..", "..", "..", "tools", "torture"));
}
