using Snapstore.Sources;

namespace Snapstore.Databases.Postgres;

/// <summary>The definitions of all objects at one moment, as pg_dump writes them.</summary>
/// <remarks>pg_dump takes locks of its own; all of them start at once, so that they have them soon.</remarks>
internal sealed class PostgresDefinitions : IDisposable
{
    /// <summary>What must be there before rows come: schemas, types, functions, tables.</summary>
    public const string PreData = "pre-data.sql";

    /// <summary>What comes after the rows: indexes, constraints, triggers, ...</summary>
    public const string PostData = "post-data.sql";

    /// <summary>Roles and tablespaces of the server.</summary>
    public const string Globals = "globals.sql";

    /// <summary>The database itself: its making and its settings.</summary>
    public const string Database = "database.sql";

    // Longer than any lock is held for a change of the catalog alone; who waits longer waits for us.
    private const string LockWait = "--lock-wait-timeout=3s";

    private readonly List<(string File, ProgramOutput Output)> _outputs = [];

    public PostgresDefinitions(PostgresServer server, PostgresMoment moment)
    {
        PostgresProgram program = PostgresProgram.Find(moment.Main.Major);
        string[] text = [.. program.ConstantText];
        string[] common = [$"--snapshot={moment.Snapshot}", LockWait, $"--encoding={Encoding(moment.Main)}"];
        string[] chosen = [.. moment.Selection.DumpArguments(moment.AllTables)];
        void Dump(string file, params string[] arguments) =>
            _outputs.Add((file, program.Start("pg_dump", server, [.. common, .. arguments], moment.Main.Cancel)));
        try
        {
            Dump(PreData, [.. text, "--section=pre-data", .. chosen]);
            Dump(PostData, [.. text, "--section=post-data", .. chosen]);
            Dump("schema.dump", ["--format=custom", "--compress=0", "--schema-only", .. chosen]);
            Dump(Database, [.. text, "--section=pre-data", "--create", "--no-blobs", "--exclude-schema=*"]);
            _outputs.Add((Globals, program.Start("pg_dumpall", server, [.. text, .. GlobalsArguments(server, moment.Main)], moment.Main.Cancel)));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The file of the statements that set the sequences.</summary>
    public static ReadOnlySpan<byte> Sequences => "sequences.sql"u8;

    /// <summary>Waits until all of them hold their locks.</summary>
    public void WaitForFirst()
    {
        foreach ((_, ProgramOutput output) in _outputs)
            output.WaitForFirst();
    }

    /// <summary>Puts them into the tree.</summary>
    public void PutInto(ISourceTree tree)
    {
        foreach ((string file, ProgramOutput output) in _outputs)
            tree.Put(System.Text.Encoding.UTF8.GetBytes(file), new SourceContent(() => output));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((_, ProgramOutput output) in _outputs)
            output.Dispose();
    }

    // SQL_ASCII means that nobody knows: bytes stay as they are.
    private static string Encoding(PostgresSession session) =>
        session.One("SHOW server_encoding", "asking for the encoding") == "SQL_ASCII" ? "SQL_ASCII" : "UTF8";

    private static List<string> GlobalsArguments(PostgresServer server, PostgresSession session)
    {
        // Read as key='value', since a bare name could be taken for something else.
        string quoted = server.Database.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal);
        List<string> arguments = ["--globals-only", $"--database=dbname='{quoted}'"];
        bool seesPasswords = session.One("SELECT has_table_privilege('pg_catalog.pg_authid', 'SELECT')::text", "asking for privileges") == "true";
        if (!seesPasswords)
            arguments.Add("--no-role-passwords");
        return arguments;
    }
}
