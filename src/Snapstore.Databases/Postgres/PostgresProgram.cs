using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Snapstore.Databases.Postgres;

/// <summary>pg_dump and pg_dumpall of one installed version.</summary>
internal sealed partial class PostgresProgram
{
    private const string DebianFolder = "/usr/lib/postgresql";

    private readonly string _folder;
    private readonly bool _knowsRestrictKey;

    private PostgresProgram(string folder, int major, bool knowsRestrictKey)
    {
        _folder = folder;
        Major = major;
        _knowsRestrictKey = knowsRestrictKey;
    }

    /// <summary>The first part of its version.</summary>
    public int Major { get; }

    /// <summary>The newest that is installed.</summary>
    /// <param name="serverMajor">The server's version; pg_dump refuses newer ones than itself.</param>
    /// <exception cref="SourceException">There is none, or all are older than the server.</exception>
    public static PostgresProgram Find(int serverMajor)
    {
        PostgresProgram? newest = Folders().Select(Probe).OfType<PostgresProgram>().MaxBy(program => program.Major);
        string advice = $"install postgresql-client-{serverMajor} or later";
        return newest switch
        {
            null => throw new SourceException($"definitions are read by pg_dump, which is neither below {DebianFolder} nor on the PATH; {advice}"),
            _ when newest.Major < serverMajor => throw new SourceException($"the server is of version {serverMajor}, the newest pg_dump here of version {newest.Major} ({newest._folder}), which cannot read it; {advice}"),
            _ => newest,
        };
    }

    /// <summary>Arguments that make a dump as text the same from run to run: without them it holds a random key.</summary>
    public IEnumerable<string> ConstantText => _knowsRestrictKey ? ["--restrict-key=snapstore"] : [];

    /// <summary>Starts one of them.</summary>
    /// <param name="name">pg_dump or pg_dumpall.</param>
    /// <param name="server">Where it connects to.</param>
    /// <param name="arguments">What it is to do; no secrets.</param>
    /// <param name="cancel">Ends it.</param>
    public ProgramOutput Start(string name, PostgresServer server, IEnumerable<string> arguments, CancellationToken cancel)
    {
        ProcessStartInfo start = new(Path.Combine(_folder, name), ["--no-password", .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        server.TellTo(start.Environment);
        try
        {
            Process process = Process.Start(start)!;
            process.StandardInput.Close();
            return new ProgramOutput(process, name, cancel);
        }
        catch (Win32Exception e)
        {
            throw new SourceException($"{name} could not be started: {e.Message}", e);
        }
    }

    private static IEnumerable<string> Folders()
    {
        IEnumerable<string> debian = Directory.Exists(DebianFolder) ? Directory.GetDirectories(DebianFolder).Select(folder => $"{folder}/bin") : [];
        return debian.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
            .Where(folder => File.Exists($"{folder}/pg_dump"));
    }

    private static PostgresProgram? Probe(string folder)
    {
        if (VersionText().Match(Said(folder, "--version")) is not { Success: true } version)
            return null;
        int major = int.Parse(version.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        return new PostgresProgram(folder, major, Said(folder, "--help").Contains("--restrict-key", StringComparison.Ordinal));
    }

    private static string Said(string folder, string argument)
    {
        ProcessStartInfo start = new($"{folder}/pg_dump", [argument]) { RedirectStandardOutput = true, RedirectStandardError = true };
        DatabasePassword.Hide(start.Environment);
        try
        {
            using Process process = Process.Start(start)!;
            string said = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return said;
        }
        catch (Win32Exception)
        {
            return "";
        }
    }

    [GeneratedRegex(@"^pg_dump \(PostgreSQL\) (\d+)")]
    private static partial Regex VersionText();
}
