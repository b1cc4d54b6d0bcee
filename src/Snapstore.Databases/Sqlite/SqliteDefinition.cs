namespace Snapstore.Databases.Sqlite;

/// <summary>Definitions as SQLite keeps them (`CREATE TABLE name...`, always in this form), with other names put in.</summary>
internal static class SqliteDefinition
{
    /// <summary>The definition of a table, virtual ones too, under another name.</summary>
    public static string OfTable(string sql, string name)
    {
        int at = NameOf(sql, "TABLE");
        return string.Concat(sql.AsSpan(0, at), SqliteCatalog.Qualified("main", name), sql.AsSpan(EndOfName(sql, at)));
    }

    /// <summary>The definition of an index under another name, on another table.</summary>
    public static string OfIndex(string sql, string name, string table)
    {
        int at = NameOf(sql, "INDEX");
        int behindOn = SkipBlank(sql, EndOfName(sql, at)) + "ON".Length;
        int tableAt = SkipBlank(sql, behindOn);
        return string.Concat(
            sql.AsSpan(0, at), SqliteCatalog.Qualified("main", name),
            $" ON {SqliteConnection.Quote(table)}", sql.AsSpan(EndOfName(sql, tableAt)));
    }

    /// <summary>The module of a virtual table and its arguments: `fts5` and `a, b, content=''`.</summary>
    public static (string Module, string Arguments) OfVirtual(string sql)
    {
        int name = NameOf(sql, "TABLE");
        int module = SkipBlank(sql, SkipBlank(sql, EndOfName(sql, name)) + "USING".Length);
        int end = EndOfName(sql, module);
        return (sql[module..end].Trim('"', '\'', '`', '[', ']').ToLowerInvariant(), sql[end..]);
    }

    private static int NameOf(string sql, string word)
    {
        int at = sql.IndexOf(word, StringComparison.OrdinalIgnoreCase);
        return at < 0 ? throw new SqliteException(SqliteException.Corrupt, "a definition in its schema is none") : SkipBlank(sql, at + word.Length);
    }

    private static int SkipBlank(string sql, int at)
    {
        while (at < sql.Length)
        {
            if (char.IsWhiteSpace(sql[at]))
                at++;
            else if (sql.AsSpan(at).StartsWith("--"))
                at = EndOf(sql, "\n", at + 2);
            else if (sql.AsSpan(at).StartsWith("/*"))
                at = EndOf(sql, "*/", at + 2);
            else
                break;
        }

        return at;
    }

    private static int EndOfName(string sql, int at)
    {
        char close = at >= sql.Length ? ' ' : sql[at] switch { '[' => ']', '"' or '`' or '\'' => sql[at], _ => ' ' };
        if (close == ' ')
        {
            while (at < sql.Length && (char.IsLetterOrDigit(sql[at]) || sql[at] is '_' or '$' || sql[at] >= 0x80))
                at++;
            return at;
        }

        int end = EndOf(sql, close.ToString(), at + 1);
        // A quote within quotes is written twice.
        while (close != ']' && end < sql.Length && sql[end] == close)
            end = EndOf(sql, close.ToString(), end + 1);
        return end;
    }

    private static int EndOf(string sql, string mark, int from)
    {
        int at = sql.IndexOf(mark, from, StringComparison.Ordinal);
        return at < 0 ? sql.Length : at + mark.Length;
    }
}
