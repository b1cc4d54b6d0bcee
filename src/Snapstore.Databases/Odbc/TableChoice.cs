using System.IO.Enumeration;

namespace Snapstore.Databases.Odbc;

/// <summary>Which tables of a database are captured.</summary>
internal sealed class TableChoice(DatabaseSelection selection)
{
    /// <summary>Takes those out that were not chosen.</summary>
    /// <exception cref="UsageException">A name that was given is no table's.</exception>
    public void Keep(List<OdbcTable> tables, string database)
    {
        foreach (string pattern in selection.Tables.Where(pattern => !tables.Exists(table => Matches(table, pattern))))
            throw new UsageException($"{database} has no table {pattern}; it has {Some(tables)}");
        foreach (string schema in selection.Schemas.Where(schema => !tables.Exists(table => table.Schema == schema)))
            throw new UsageException($"{database} has no tables in a schema {schema}");
        tables.RemoveAll(table => !IsChosen(table));
    }

    /// <summary>A few names of tables, for people.</summary>
    public static string Some(IReadOnlyCollection<OdbcTable> tables)
    {
        const int Shown = 5;
        string names = string.Join(", ", tables.Take(Shown).Select(table => table.FullName));
        return tables.Count == 0 ? "none" : tables.Count > Shown ? $"{names}, ... ({tables.Count} in all)" : names;
    }

    private bool IsChosen(OdbcTable table) =>
        (selection.Tables.Count == 0 || selection.Tables.Any(pattern => Matches(table, pattern)))
        && (selection.Schemas.Count == 0 || selection.Schemas.Contains(table.Schema))
        && !selection.ExcludedTables.Any(pattern => Matches(table, pattern));

    private static bool Matches(OdbcTable table, string pattern) =>
        pattern == table.Name || pattern == table.FullName
        || FileSystemName.MatchesSimpleExpression(pattern, table.Name, ignoreCase: false)
        || FileSystemName.MatchesSimpleExpression(pattern, table.FullName, ignoreCase: false);
}
