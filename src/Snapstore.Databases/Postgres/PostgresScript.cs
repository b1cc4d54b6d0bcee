using System.Text;
using System.Text.RegularExpressions;
using Snapstore.Browse;

namespace Snapstore.Databases.Postgres;

/// <summary>Runs the scripts of a snapshot, statement by statement.</summary>
internal static partial class PostgresScript
{
    private const int QuoteMax = 120;

    /// <summary>The statements of a script of the snapshot; none where the snapshot has no such file.</summary>
    public static IEnumerable<SqlStatement> Read(SnapshotFiles files, string path)
    {
        if (files.Find(path) is null)
            yield break;
        using StreamReader reader = new(files.Open(path), new UTF8Encoding(false, throwOnInvalidBytes: true), false, 64 << 10);
        using IEnumerator<SqlStatement> statements = SqlScript.Statements(reader).GetEnumerator();
        while (MoveNext(statements, path))
            yield return statements.Current;
    }

    /// <summary>Runs all of a script.</summary>
    /// <param name="session">Where.</param>
    /// <param name="files">The snapshot.</param>
    /// <param name="path">The script.</param>
    /// <param name="skipsOwners">True leaves out what names owners and grants.</param>
    public static void Run(PostgresSession session, SnapshotFiles files, string path, bool skipsOwners)
    {
        foreach (SqlStatement statement in Read(files, path))
        {
            if (!skipsOwners || !IsOfOwners(statement.Text))
                Run(session, statement with { Text = Tolerant(statement.Text) }, path);
        }
    }

    /// <summary>Runs one statement of a script.</summary>
    public static void Run(PostgresSession session, SqlStatement statement, string path) =>
        session.Run(statement.Text, $"{path} line {statement.Line}, {Quote(statement.Text)}");

    /// <summary>True for statements that say who owns what and who may do what.</summary>
    public static bool IsOfOwners(string statement) =>
        statement.StartsWith("GRANT ", StringComparison.Ordinal)
        || statement.StartsWith("REVOKE ", StringComparison.Ordinal)
        || statement.StartsWith("ALTER DEFAULT PRIVILEGES", StringComparison.Ordinal)
        || OwnerChange().IsMatch(statement);

    // A dump of chosen schemas makes public too, which every database has.
    private static string Tolerant(string statement) =>
        statement == "CREATE SCHEMA public" ? "CREATE SCHEMA IF NOT EXISTS public" : statement;

    private static bool MoveNext(IEnumerator<SqlStatement> statements, string path)
    {
        try
        {
            return statements.MoveNext();
        }
        catch (DecoderFallbackException e)
        {
            throw new SourceException($"{path} holds bytes that are not UTF-8 (the database's encoding is SQL_ASCII); restore it by: snapstore cat ... | psql", e);
        }
    }

    private static string Quote(string statement)
    {
        string line = statement.ReplaceLineEndings(" ");
        return line.Length <= QuoteMax ? line : $"{line[..QuoteMax]}...";
    }

    [GeneratedRegex("""^ALTER [^']* OWNER TO ("([^"]|"")+"|[^\s"]+)$""", RegexOptions.Singleline)]
    private static partial Regex OwnerChange();
}
