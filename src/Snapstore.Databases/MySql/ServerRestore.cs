namespace Snapstore.Databases.MySql;

/// <summary>Restores one database, or all of a server's, with its accounts.</summary>
/// <param name="context">What is wanted.</param>
/// <param name="database">The database of the target; "" for all under their own names.</param>
internal sealed class ServerRestore(RestoreContext context, string database)
{
    private readonly List<DatabaseRestoreReport> _reports = [];
    private readonly List<string> _notes = [];

    /// <summary>Restores.</summary>
    public DatabaseRestoreReport Run()
    {
        List<DatabaseRestore> plans = [.. Plans()];
        using (MySqlConnection connection = context.Connect())
        {
            foreach (DatabaseRestore plan in plans)
                plan.Check(connection, isNamed: database.Length > 0);
        }

        List<string> standing = [.. plans.Select(plan => plan.InTheWay).OfType<string>()];
        if (standing.Count > 0 && !context.Request.DryRun && !context.Request.Confirm($"this will be removed: {string.Join("; ", standing)}"))
            throw new UsageException("not confirmed; nothing was changed");
        if (context.Request.DryRun)
            return Merge([.. plans.Select(plan => plan.Preview())]);
        AccountRestore? accounts = IsWholeServer ? new AccountRestore(context) : null;
        List<DatabaseRestore> done = [];
        try
        {
            accounts?.Create();
            foreach (DatabaseRestore plan in plans)
            {
                done.Add(plan);
                _reports.Add(plan.Run());
            }
        }
        catch (Exception e)
        {
            foreach (DatabaseRestore plan in done)
                plan.Undo(e);
            accounts?.Undo();
            throw;
        }

        if (accounts is not null)
            _reports.Add(accounts.Grant());
        else if (context.Layout.Accounts.Count > 0)
            _notes.Add($"{context.Layout.Accounts.Count} users and roles are in the snapshot (users/, roles/) and were not restored: only the restore of a whole server does that");
        return Merge(_reports);
    }

    private bool IsWholeServer => database.Length == 0 && context.Layout.IsServer;

    private IEnumerable<DatabaseRestore> Plans() => database.Length > 0
        ? [new DatabaseRestore(context, context.Layout.Find(database), database)]
        : context.Layout.Databases.Select(part => new DatabaseRestore(context, part, part.Name));

    private DatabaseRestoreReport Merge(IReadOnlyList<DatabaseRestoreReport> reports) => new()
    {
        Tables = [.. reports.SelectMany(report => report.Tables)],
        Objects = [.. reports.SelectMany(report => report.Objects).GroupBy(pair => pair.Kind).Select(group => (group.Key, group.Sum(pair => pair.Count)))],
        Problems = [.. reports.SelectMany(report => report.Problems)],
        Notes = [.. _notes, .. reports.SelectMany(report => report.Notes)],
    };
}
