using System.Text;

namespace Snapstore.Databases.MySql;

/// <summary>The text of a view for a database of another name. SHOW CREATE VIEW leaves the view's own database out, except
/// where it names a column by its table and that name has to be quoted.</summary>
internal static class Requalified
{
    /// <summary>The statement with `from`. as `to`. wherever it stands outside of texts.</summary>
    /// <param name="statement">The statement, one character a byte.</param>
    /// <param name="from">The name of the database, unquoted, one character a byte.</param>
    /// <param name="to">The new name, likewise.</param>
    public static string Of(string statement, string from, string to)
    {
        StringBuilder result = new(statement.Length);
        for (int at = 0; at < statement.Length;)
        {
            int end = statement[at] switch { '\'' => EndOfText(statement, at), '`' => EndOfName(statement, at), _ => at + 1 };
            string token = statement[at..end];
            bool isDatabase = token == Sql.Name(from) && end < statement.Length && statement[end] == '.' && (at == 0 || statement[at - 1] != '.');
            result.Append(isDatabase ? Sql.Name(to) : token);
            at = end;
        }

        return result.ToString();
    }

    private static int EndOfText(string text, int start)
    {
        for (int at = start + 1; at < text.Length; at++)
        {
            if (text[at] == '\\')
                at++;
            else if (text[at] == '\'')
                return at + 1;
        }

        return text.Length;
    }

    // A doubled backtick is part of the name.
    private static int EndOfName(string text, int start)
    {
        for (int at = start + 1; at < text.Length; at++)
        {
            if (text[at] != '`')
                continue;
            if (at + 1 == text.Length || text[at + 1] != '`')
                return at + 1;
            at++;
        }

        return text.Length;
    }
}
