namespace Snapstore.Databases.MySql;

/// <summary>Takes SHOW CREATE TABLE apart, which writes every column and every key on a line of its own.</summary>
/// <param name="text">The statement, one character a byte.</param>
internal sealed class TableDefinitionText(string text)
{
    private readonly string[] _lines = text.Split('\n');

    /// <summary>Its foreign keys: "CONSTRAINT `name` FOREIGN KEY ...".</summary>
    public IReadOnlyList<string> ForeignKeys => [.. Items().Where(IsForeignKey)];

    /// <summary>Its columns whose default names a sequence, and so a database.</summary>
    public IReadOnlyList<string> ColumnsWithSequences => [.. Items().Where(item => item.StartsWith('`') && item.Contains("val(`", StringComparison.Ordinal))];

    /// <summary>The statement for a table of another name, without foreign keys: their names can stand once in a database.</summary>
    public string WithoutForeignKeys(string name) =>
        $"CREATE TABLE {Sql.Name(name)} (\n{string.Join(",\n", Items().Where(item => !IsForeignKey(item)))}\n{string.Join('\n', _lines[EndLine..])}";

    /// <summary>The statement for a temporary table with the same columns and keys, and nothing else.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="versionColumns">The two columns that tell versions of a row apart, which then has no keys; or none.</param>
    public string Temporary(string name, IReadOnlyList<string> versionColumns)
    {
        IEnumerable<string> items = versionColumns.Count == 0
            ? Items().Where(item => IsPlainColumn(item) || IsPlainKey(item))
            : [.. Items().Where(IsPlainColumn).Select(item => item.Replace(" AUTO_INCREMENT", "", StringComparison.Ordinal)), .. versionColumns.Select(column => $"{column} timestamp(6) NULL")];
        int charset = _lines[EndLine].IndexOf(" DEFAULT CHARSET=", StringComparison.Ordinal);
        string options = charset < 0 ? "" : string.Join(' ', _lines[EndLine][charset..].Split(' ').TakeWhile((word, i) => i < 3 || word.StartsWith("COLLATE=", StringComparison.Ordinal)));
        return $"CREATE TEMPORARY TABLE {Sql.Name(name)} (\n{string.Join(",\n", items)}\n) ENGINE=InnoDB{options}";
    }

    private int EndLine => Array.FindIndex(_lines, line => line.StartsWith(')'));

    private IEnumerable<string> Items() => _lines[1..EndLine].Select(line => line.Trim(' ').TrimEnd(','));

    private static bool IsForeignKey(string item) => item.StartsWith("CONSTRAINT ", StringComparison.Ordinal) && item.Contains(" FOREIGN KEY (", StringComparison.Ordinal);

    private static bool IsPlainColumn(string item) => item.StartsWith('`')
        && !item.Contains(" GENERATED ALWAYS AS ROW START", StringComparison.Ordinal) && !item.Contains(" GENERATED ALWAYS AS ROW END", StringComparison.Ordinal);

    private static bool IsPlainKey(string item) => item.StartsWith("PRIMARY KEY", StringComparison.Ordinal)
        || item.StartsWith("UNIQUE KEY", StringComparison.Ordinal) || item.StartsWith("KEY ", StringComparison.Ordinal);
}
