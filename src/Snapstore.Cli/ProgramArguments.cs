using System.Text;

namespace Snapstore.Cli;

/// <summary>The program's arguments as it was given them, byte for byte (as <see cref="RawText"/>).</summary>
/// <param name="Parsed">What the parser is to see.</param>
/// <param name="Command">With the source `exec:`, the program and arguments behind `--`; else empty.</param>
internal sealed record ProgramArguments(IReadOnlyList<string> Parsed, IReadOnlyList<string> Command)
{
    /// <summary>The word that stands for the output of a command.</summary>
    public const string ExecuteSource = "exec:";

    /// <summary>The arguments; .NET decodes them with loss where they are not UTF-8, the kernel gives them as they were.</summary>
    public static ProgramArguments Read(string[] arguments)
    {
        string[] exact = arguments.Any(argument => argument.Contains('\ufffd')) ? ReadExact(arguments) : arguments;
        int dashes = Array.IndexOf(exact, "--");
        bool isExecute = dashes > 0 && Array.IndexOf(exact, ExecuteSource, 0, dashes) > 0;
        return isExecute ? new(exact[..dashes], exact[(dashes + 1)..]) : new(exact, []);
    }

    private static string[] ReadExact(string[] arguments)
    {
        byte[] line = File.ReadAllBytes("/proc/self/cmdline");
        List<string> words = [];
        ReadOnlySpan<byte> rest = line;
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOf((byte)0);
            words.Add(RawText.FromBytes(end < 0 ? rest : rest[..end]));
            rest = end < 0 ? [] : rest[(end + 1)..];
        }

        // Before the arguments stand the program, and where `dotnet` runs it, that program's own.
        string[] exact = [.. words.TakeLast(arguments.Length)];
        bool isSame = exact.Length == arguments.Length
            && exact.Zip(arguments).All(pair => Encoding.UTF8.GetString(RawText.ToBytes(pair.First)) == pair.Second);
        return isSame ? exact : arguments;
    }
}
