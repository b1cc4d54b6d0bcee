namespace Snapstore.Databases.MySql;

/// <summary>Names and texts as SQL writes them (in a session without ANSI_QUOTES and NO_BACKSLASH_ESCAPES).</summary>
internal static class Sql
{
    /// <summary>A name in backticks.</summary>
    public static string Name(string name) => $"`{name.Replace("`", "``", StringComparison.Ordinal)}`";

    /// <summary>A name with its database.</summary>
    public static string Name(string database, string name) => $"{Name(database)}.{Name(name)}";

    /// <summary>A text in quotes.</summary>
    public static string Text(string text) => $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal).Replace("\0", "\\0", StringComparison.Ordinal)}'";

    /// <summary>Names in backticks, separated by commas.</summary>
    public static string Names(IEnumerable<string> names) => string.Join(",", names.Select(Name));
}
