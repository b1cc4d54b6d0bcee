namespace Snapstore.Databases.MySql;

/// <summary>What the option files of MySQL and MariaDB say to clients: groups [client], [client-server], [client-mariadb]; what is
/// read later counts.</summary>
internal sealed class OptionFile
{
    private const int DepthMax = 10;

    private static readonly string[] Groups = ["client", "client-server", "client-mariadb"];

    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>The value of an option; null where none is given.</summary>
    public string? this[string name] => _values.GetValueOrDefault(name);

    /// <summary>Reads the named file alone, or the usual ones: /etc/my.cnf, /etc/mysql/my.cnf, ~/.my.cnf.</summary>
    /// <param name="only">A file to read in place of all others; null for the usual ones.</param>
    /// <param name="variable">Gives an environment variable.</param>
    /// <exception cref="SourceException">The named file cannot be read.</exception>
    public static OptionFile Find(string? only, Func<string, string?> variable)
    {
        OptionFile options = new();
        if (only is not null)
        {
            options.ReadNamed(only);
            return options;
        }

        string home = variable("HOME") is { Length: > 0 } folder ? Path.Combine(folder, ".my.cnf") : "";
        foreach (string file in new[] { "/etc/my.cnf", "/etc/mysql/my.cnf", home }.Where(File.Exists))
            options.ReadIfAllowed(file, DepthMax);
        return options;
    }

    /// <summary>Reads the text of one file.</summary>
    public void Read(IEnumerable<string> lines, Action<string, string>? include = null)
    {
        bool counts = false;
        foreach (string line in lines.Select(line => line.Trim()))
        {
            if (line.StartsWith('!'))
                Include(line, include);
            else if (line.StartsWith('['))
                counts = Groups.Contains(line.Trim('[', ']').Trim());
            else if (counts && line.Length > 0 && line[0] is not ('#' or ';'))
                Set(line);
        }
    }

    private static void Include(string line, Action<string, string>? include)
    {
        string[] words = line.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (words.Length == 2)
            include?.Invoke(words[0], words[1]);
    }

    private void Set(string line)
    {
        int equals = line.IndexOf('=', StringComparison.Ordinal);
        string name = (equals < 0 ? line : line[..equals]).Trim().Replace('_', '-');
        _values[name] = equals < 0 ? "" : Unquote(line[(equals + 1)..].Trim());
    }

    // A quoted value is all between the quotes; else a blank and '#' begin a comment.
    private static string Unquote(string text)
    {
        if (text.Length > 0 && text[0] is '\'' or '"')
        {
            int end = EndOfQuoted(text);
            return Unescape(end < 0 ? text[1..] : text[1..end]);
        }

        int comment = text.IndexOf(" #", StringComparison.Ordinal);
        return Unescape((comment < 0 ? text : text[..comment]).TrimEnd());
    }

    // A quote behind a backslash is part of the value.
    private static int EndOfQuoted(string text)
    {
        for (int i = 1; i < text.Length; i++)
        {
            if (text[i] == text[0])
                return i;
            i += text[i] == '\\' ? 1 : 0;
        }

        return -1;
    }

    private static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
            return text;
        System.Text.StringBuilder result = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            char next = text[i] == '\\' && i + 1 < text.Length ? text[i + 1] : '\0';
            char? plain = next switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 's' => ' ', '\\' => '\\', '"' => '"', '\'' => '\'', _ => null };
            result.Append(plain ?? text[i]);
            i += plain is null ? 0 : 1;
        }

        return result.ToString();
    }

    private void ReadNamed(string file)
    {
        try
        {
            ReadFile(file, DepthMax);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SourceException($"the option file {file} cannot be read: {e.Message}", e);
        }
    }

    private void ReadIfAllowed(string file, int depth)
    {
        try
        {
            ReadFile(file, depth);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // As the servers' own clients do: a file of somebody else does not count.
        }
    }

    private void ReadFile(string file, int depth) => Read(File.ReadLines(file), (what, path) =>
    {
        if (depth == 0)
            return;
        if (what == "!include")
            ReadIfAllowed(path, depth - 1);
        else if (what == "!includedir" && Directory.Exists(path))
            Array.ForEach([.. Directory.GetFiles(path, "*.cnf").Order(StringComparer.Ordinal)], next => ReadIfAllowed(next, depth - 1));
    });
}
