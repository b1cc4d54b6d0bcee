using System.Text.RegularExpressions;

namespace Snapstore.Cli;

/// <summary>Text for a command line that is proposed to the user: it means the same when it is pasted into a shell.</summary>
internal static partial class ShellText
{
    /// <summary>One word: as it is where a shell leaves it so, else quoted.</summary>
    public static string Word(string text) => Plain().IsMatch(text) ? text : CompletionScript.Quote(Escaped.Text(text));

    [GeneratedRegex(@"^[A-Za-z0-9_@%+=:,./-]+\z")]
    private static partial Regex Plain();
}
