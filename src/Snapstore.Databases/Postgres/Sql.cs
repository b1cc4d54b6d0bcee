namespace Snapstore.Databases.Postgres;

/// <summary>Names and texts as SQL writes them.</summary>
internal static class Sql
{
    /// <summary>A name in quotes.</summary>
    public static string Name(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>Names in quotes, separated by commas.</summary>
    public static string Names(IEnumerable<string> names) => string.Join(", ", names.Select(Name));

    /// <summary>Schema and name in quotes.</summary>
    public static string Qualified(string schema, string name) => $"{Name(schema)}.{Name(name)}";

    /// <summary>A text in quotes, whatever it holds and whatever the server's settings are.</summary>
    public static string Text(string text)
    {
        string doubled = text.Replace("'", "''", StringComparison.Ordinal);
        return doubled.Contains('\\', StringComparison.Ordinal)
            ? $"E'{doubled.Replace("\\", "\\\\", StringComparison.Ordinal)}'"
            : $"'{doubled}'";
    }
}
