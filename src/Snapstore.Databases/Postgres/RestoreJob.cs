using Snapstore.Browse;

namespace Snapstore.Databases.Postgres;

/// <summary>What the parts of one restore work with.</summary>
/// <param name="Session">The connection to the target.</param>
/// <param name="Files">The snapshot's files, for one thread.</param>
/// <param name="Request">What is asked for.</param>
/// <param name="Description">What the snapshot says of itself.</param>
/// <param name="SkipsOwners">True leaves out owners and grants.</param>
internal sealed record RestoreJob(
    PostgresSession Session, SnapshotFiles Files, DatabaseRestoreRequest Request, DatabaseDescription Description, bool SkipsOwners)
{
    /// <summary>Says which roles the target lacks.</summary>
    /// <exception cref="UsageException">One that the snapshot's objects belong to, or that has rights on them.</exception>
    public void RequireRoles()
    {
        if (SkipsOwners || !Description.Properties.TryGetValue(PostgresDescriber.Roles, out string? roles))
            return;
        HashSet<string> present = [.. Session.Rows("SELECT rolname::text FROM pg_roles", "listing the roles").Select(row => row[0]!)];
        string[] missing = [.. roles.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(role => !present.Contains(role))];
        if (missing.Length > 0)
            throw new UsageException($"the server has no role {string.Join(", ", missing)}, which objects of the snapshot belong to or grant rights to; make them (snapstore cat SNAPSHOT:/{PostgresDefinitions.Globals} | psql), or leave owners and grants out (?owner=skip behind the URL); nothing was changed");
    }

    /// <summary>Asks before something is overwritten.</summary>
    /// <exception cref="UsageException">The answer was no.</exception>
    public void Confirm(string question)
    {
        if (!Request.Confirm(question))
            throw new UsageException("not agreed; nothing was changed");
    }

    /// <summary>Runs the work in a transaction, and keeps what it did unless it fails.</summary>
    public DatabaseRestoreReport InTransaction(Func<DatabaseRestoreReport> work)
    {
        Session.Run("BEGIN", "beginning the transaction");
        DatabaseRestoreReport report = work();
        End();
        return report;
    }

    /// <summary>True for an error of which nobody knows whether the server did what it was last asked to: keep everything.</summary>
    public static bool IsOutcomeUnknown(Exception e) => e.Data.Contains(nameof(IsOutcomeUnknown));

    private void End()
    {
        try
        {
            Session.Run(Request.DryRun ? "ROLLBACK" : "COMMIT", "ending the transaction");
        }
        catch (SourceException e) when (!Request.DryRun && PostgresErrors.CodeOf(e).Length == 0)
        {
            throw new SourceException($"{e.Message}; all was restored, and whether the server kept it is not known: look, and restore again if it did not", e) { Data = { [nameof(IsOutcomeUnknown)] = true } };
        }
    }
}
