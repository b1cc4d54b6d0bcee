using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Snapstore.Cli.Tests;

/// <summary>How a run of the program ended and what it said.</summary>
internal sealed record ProgramRun(int ExitCode, byte[] OutputBytes, string Error)
{
    /// <summary>Standard output as text.</summary>
    public string Output => Encoding.UTF8.GetString(OutputBytes);

    /// <summary>Standard output as one JSON object a line.</summary>
    public IReadOnlyList<JsonElement> Objects => ParseLines(Output);

    /// <summary>Standard error as one JSON object a line.</summary>
    public IReadOnlyList<JsonElement> ErrorObjects => ParseLines(Error);

    /// <summary>The run itself, if it ended as expected.</summary>
    public ProgramRun Expect(int exitCode)
    {
        Assert.True(ExitCode == exitCode, $"exit code {ExitCode} instead of {exitCode}\n--- output\n{Output}\n--- error\n{Error}");
        return this;
    }

    private static List<JsonElement> ParseLines(string text) =>
        [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
}

/// <summary>
/// The built program, run as users run it: in a directory of its own that goes away, with nothing of the tester's
/// environment, by default with a repository whose key file spares the cost of a password.
/// </summary>
internal sealed class SnapstoreProgram : IDisposable
{
    private static readonly TimeSpan TimeMax = TimeSpan.FromMinutes(2);

    private readonly Dictionary<string, string> _environment;

    public SnapstoreProgram()
    {
        Directory.CreateDirectory(Folder);
        _environment = new()
        {
            ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin",
            ["HOME"] = Folder,
            ["TZ"] = "UTC",
            ["SNAPSTORE_CACHE_DIR"] = Path.Combine(Folder, "cache"),
            ["SNAPSTORE_REPOSITORY"] = Repository,
            ["SNAPSTORE_KEY_FILE"] = KeyFile,
        };
        if (Environment.GetEnvironmentVariable("DOTNET_ROOT") is { } root)
            _environment["DOTNET_ROOT"] = root;
    }

    /// <summary>The program's file, of the same configuration as these tests.</summary>
    public static string File { get; } = FindProgram();

    /// <summary>The directory of this test.</summary>
    public string Folder { get; } = Path.Combine(Path.GetTempPath(), $"snapstore-test-{Path.GetRandomFileName()}");

    /// <summary>Where the repository is.</summary>
    public string Repository => Path.Combine(Folder, "repository");

    /// <summary>What opens it.</summary>
    public string KeyFile => Path.Combine(Folder, "key");

    /// <summary>A directory to take snapshots of.</summary>
    public string Source => Path.Combine(Folder, "source");

    /// <summary>A program whose repository has been made.</summary>
    public static SnapstoreProgram WithRepository()
    {
        SnapstoreProgram program = new();
        program.Without("SNAPSTORE_KEY_FILE").Run("init", "--new-key-file", program.KeyFile).Expect(0);
        program.With("SNAPSTORE_KEY_FILE", program.KeyFile);
        return program;
    }

    /// <summary>Sets a variable for all runs to come.</summary>
    public SnapstoreProgram With(string variable, string value)
    {
        _environment[variable] = value;
        return this;
    }

    /// <summary>Unsets a variable for all runs to come.</summary>
    public SnapstoreProgram Without(string variable)
    {
        _environment.Remove(variable);
        return this;
    }

    /// <summary>Writes a file below <see cref="Source"/>.</summary>
    public string Write(string name, string content)
    {
        string path = Path.Combine(Source, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllText(path, content);
        return path;
    }

    /// <summary>Takes a snapshot of <see cref="Source"/> and tells its id.</summary>
    public string Snapshot(params string[] more)
    {
        ProgramRun run = Run(["snapshot", Source, "--json", .. more]).Expect(0);
        return run.Objects[^1].GetProperty("id").GetString()!;
    }

    /// <summary>Runs the program to its end.</summary>
    public ProgramRun Run(params string[] arguments) => RunWithInput("", arguments);

    /// <summary>Runs the program with this on its standard input.</summary>
    public ProgramRun RunWithInput(string input, params string[] arguments) => RunOther(File, input, arguments);

    /// <summary>Runs a shell script in which $snapstore is the program.</summary>
    public ProgramRun RunShell(string script) => With("snapstore", File).RunOther("/bin/bash", "", ["-c", script]);

    /// <summary>Runs another program, which may run this one, to its end.</summary>
    public ProgramRun RunTool(string file, params string[] arguments) => RunOther(file, "", arguments);

    /// <summary>Starts the program; the caller waits for it.</summary>
    public Process Start(string file, params string[] arguments)
    {
        ProcessStartInfo start = new(file, arguments)
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach ((string variable, string value) in _environment)
            start.Environment[variable] = value;
        return Process.Start(start)!;
    }

    // .NET cannot delete names that are not UTF-8.
    public void Dispose()
    {
        using Process remove = Process.Start("/bin/rm", ["-rf", "--", Folder]);
        remove.WaitForExit();
    }

    private ProgramRun RunOther(string file, string input, string[] arguments)
    {
        using Process process = Start(file, arguments);
        using MemoryStream output = new();
        Task reading = process.StandardOutput.BaseStream.CopyToAsync(output);
        Task<string> error = process.StandardError.ReadToEndAsync();
        Feed(process, input);
        if (!process.WaitForExit(TimeMax))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"snapstore {string.Join(' ', arguments)} did not end");
        }

        reading.GetAwaiter().GetResult();
        return new ProgramRun(process.ExitCode, output.ToArray(), error.GetAwaiter().GetResult());
    }

    private static void Feed(Process process, string input)
    {
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading all of it.
        }
    }

    // artifacts/bin/Snapstore.Cli.Tests/CONFIGURATION/ -> artifacts/bin/Snapstore.Cli/CONFIGURATION/
    private static string FindProgram()
    {
        DirectoryInfo own = new(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        return Path.Combine(own.Parent!.Parent!.FullName, "Snapstore.Cli", own.Name, "Snapstore.Cli");
    }
}
