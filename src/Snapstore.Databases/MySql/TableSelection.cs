using System.IO.Enumeration;

namespace Snapstore.Databases.MySql;

/// <summary>Which databases and tables of a server are captured.</summary>
/// <param name="database">The one database of the URL; "" for all of users.</param>
/// <param name="selection">What the user chose.</param>
internal sealed class TableSelection(string database, DatabaseSelection selection)
{
    /// <summary>True where all databases are captured, each in a directory of its own.</summary>
    public bool IsServer => database.Length == 0;

    /// <summary>True where only tables by name are captured, and nothing else.</summary>
    public bool IsOfTables => selection.Tables.Count > 0;

    /// <summary>The databases captured.</summary>
    /// <exception cref="SourceException">There is no such database.</exception>
    public IReadOnlyList<string> Databases(IReadOnlyList<string> present)
    {
        if (!IsServer)
        {
            string found = present.FirstOrDefault(name => name == database)
                ?? present.FirstOrDefault(name => string.Equals(name, database, StringComparison.OrdinalIgnoreCase))
                ?? throw new SourceException($"there is no database {database}, or the user may not see it; there are: {string.Join(", ", present)}");
            return [found];
        }

        List<string> chosen = [.. present.Where(name => selection.Schemas.Count == 0 || selection.Schemas.Any(pattern => IsMatch(pattern, name)))];
        return chosen.Count > 0 ? chosen : throw new SourceException($"no database of the server is chosen; there are: {string.Join(", ", present)}");
    }

    /// <summary>True where the table or view is captured.</summary>
    public bool Includes(ListedTable table) =>
        (!IsOfTables || selection.Tables.Any(pattern => IsNamed(pattern, table))) && !selection.ExcludedTables.Any(pattern => IsNamed(pattern, table));

    /// <summary>Says which pattern chose nothing.</summary>
    /// <exception cref="SourceException">One did.</exception>
    public void CheckAllFound(IReadOnlyList<ListedTable> present)
    {
        foreach (string pattern in selection.Tables.Concat(selection.ExcludedTables).Where(pattern => !present.Any(table => IsNamed(pattern, table))))
            throw new SourceException($"no table is called {pattern}; tables are named as `table` or `database.table`, with * and ?");
    }

    private static bool IsNamed(string pattern, ListedTable table) => IsMatch(pattern, table.Name) || IsMatch(pattern, table.Title);

    private static bool IsMatch(string pattern, string name) => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false);
}
