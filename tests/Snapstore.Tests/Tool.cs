using System.Diagnostics;

namespace Snapstore.Tests;

/// <summary>Programs that tests call.</summary>
internal static class Tool
{
    /// <summary>Runs a program; what it wrote to its standard output.</summary>
    public static string Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: exit code {process.ExitCode}\n{errors.GetAwaiter().GetResult()}");
    }

    /// <summary>The command line that runs <see cref="ChildProgram"/> with these arguments.</summary>
    public static string[] Child(params string[] arguments)
    {
        string host = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet";
        return [host, "exec", typeof(ChildProgram).Assembly.Location, .. arguments];
    }
}
