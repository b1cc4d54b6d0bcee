using System.CommandLine;
using Snapstore.Databases;

namespace Snapstore.Cli;

/// <summary>The options of `restore` that are about databases.</summary>
internal sealed class DatabaseRestoreOptions
{
    private readonly Option<string?> _table = Declare.Text("--table", "TABLE", "With --to: only this table; others are not touched");
    private readonly Option<string?> _as = Declare.Text("--as", "NAME", "With --table: the name it gets in the target");

    private readonly Option<string?> _where = Declare.Text(
        "--where", "CONDITION", "With --table: only rows for which this SQL condition holds; compared with those that are there");

    private readonly Option<string?> _apply = Declare.Choice(
        "--apply", "With --where: insert missing rows, or also make different rows what they were", "insert", "upsert");

    private readonly Option<bool> _create = Declare.Flag("--create", "With --to: make the database");
    private readonly Option<bool> _clean = Declare.Flag("--clean", "With --to: remove from the database what stands in the way");
    private readonly Option<bool> _yes = Declare.Flag("--yes", "With --to: overwrite without asking", "-y");

    /// <summary>Where the snapshot goes.</summary>
    public Option<string?> To { get; } = Declare.Text(
        "--to", "URL", "The database to restore a database into (postgres://, mysql://, sqlite:, odbc:)");

    private Option[] Others => [_table, _as, _where, _apply, _create, _clean, _yes];

    /// <summary>Declares them.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[To, .. Others])
            command.Options.Add(option);
    }

    /// <summary>Refuses all but --to, where the target is a directory.</summary>
    /// <exception cref="UsageException">One is given.</exception>
    public void RefuseGiven(CommandContext context)
    {
        if (Others.FirstOrDefault(option => context.Parsed.GetResult(option) is { Implicit: false }) is { } given)
            throw new UsageException($"{given.Name} is about restoring into a database: name it with --to URL");
    }

    /// <summary>What is asked for.</summary>
    /// <exception cref="UsageException">Options contradict each other.</exception>
    public DatabaseRestoreRequest Read(CommandContext context, bool dryRun, bool verify, RunProgress progress)
    {
        DatabaseRestoreRequest request = new()
        {
            Table = context.Value(_table),
            TableAs = context.Value(_as),
            Where = context.Value(_where),
            Create = context.Value(_create),
            Clean = context.Value(_clean),
            DryRun = dryRun,
            Verify = verify,
            Progress = progress,
            Confirm = context.Value(_yes) ? _ => true : question => Ask(context.Output, question),
            Apply = context.Value(_apply) switch
            {
                "insert" => RowChange.Insert,
                "upsert" => RowChange.Upsert,
                _ => RowChange.None,
            },
        };
        Check(request);
        return request;
    }

    private static void Check(DatabaseRestoreRequest request)
    {
        string? problem = request switch
        {
            { Table: null, TableAs: not null } => "--as is the new name of one table: name that with --table",
            { Table: null, Where: not null } => "--where chooses rows of one table: name that with --table",
            { Where: null, Apply: not RowChange.None } => "--apply is about chosen rows: choose them with --where (--where true: all)",
            { Where: not null, Clean: true } => "--clean and --where contradict each other: chosen rows are put beside what is there",
            _ => null,
        };
        if (problem is not null)
            throw new UsageException(problem);
    }

    private static bool Ask(Output output, string question)
    {
        output.ClearProgress();
        string? answer = Terminal.ReadAnswer($"{Escaped.Text(question)}\nType yes to go on: ");
        if (answer is null)
            throw new UsageException($"this would overwrite what is there, and nobody is at a terminal to agree: {question}; nothing was changed; --yes agrees beforehand");
        return answer.Trim() is "yes" or "y";
    }
}
