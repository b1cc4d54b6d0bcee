using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Snapstore.RemoteStorage.Ssh;

/// <summary>The command that makes a connection: an argument list, never a line for a shell.</summary>
internal static class SshCommand
{
    // No questions, and nothing of the user's configuration that a copy of files has no use for.
    private static readonly string[] Options = ["-oBatchMode=yes", "-oClearAllForwardings=yes", "-oForwardAgent=no", "-oForwardX11=no", "-oPermitLocalCommand=no"];

    /// <summary>How to start it.</summary>
    /// <param name="place">Where to.</param>
    /// <param name="command">What to run instead of ssh; null for ssh.</param>
    /// <param name="arguments">What follows its options.</param>
    /// <exception cref="UsageException">The command that was given instead of ssh is none.</exception>
    public static ProcessStartInfo Start(SshLocation place, string? command, string[] arguments)
    {
        List<string> words = string.IsNullOrWhiteSpace(command) ? ["ssh"] : Words(command);
        string[] port = place.Port is { } number ? ["-p", number.ToString(CultureInfo.InvariantCulture)] : [];
        ProcessStartInfo start = new(words[0], [.. words.Skip(1), .. Options, .. port, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        HideSecrets(start);
        return start;
    }

    /// <summary>Takes every variable SNAPSTORE_* out of a program's environment.</summary>
    public static void HideSecrets(ProcessStartInfo start)
    {
        // Among them may be the repository's password, which is nothing to a program that the user's configuration can extend.
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("SNAPSTORE_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
    }

    /// <summary>A word that a shell on the other machine takes as it is.</summary>
    public static string Quoted(string word) => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>Splits at spaces that stand neither in quotes nor behind a backslash.</summary>
    /// <exception cref="UsageException">A quote has no end, or there is no word.</exception>
    public static List<string> Words(string command, string variable = SshSettings.CommandVariable)
    {
        List<string> words = [];
        StringBuilder word = new();
        bool isWord = false;
        char quote = '\0';
        for (int i = 0; i < command.Length; i++)
        {
            char c = command[i];
            if (quote == '\0' && char.IsWhiteSpace(c))
            {
                if (isWord)
                    words.Add(word.ToString());
                word.Clear();
                isWord = false;
                continue;
            }

            isWord = true;
            if (c == '\\' && quote != '\'' && i + 1 < command.Length)
                word.Append(command[++i]);
            else if (quote == '\0' && c is '\'' or '"')
                quote = c;
            else if (c == quote && quote != '\0')
                quote = '\0';
            else
                word.Append(c);
        }

        if (isWord)
            words.Add(word.ToString());
        return quote == '\0' && words.Count > 0 && words[0].Length > 0
            ? words
            : throw new UsageException($"{variable} is no command: a quote in it has no end, or it names no program");
    }
}
