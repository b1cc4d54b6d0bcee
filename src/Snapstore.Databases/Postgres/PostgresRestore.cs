using System.Globalization;
using Snapstore.Browse;

namespace Snapstore.Databases.Postgres;

/// <summary>One restore: what all kinds of it share. Each runs in one transaction on one connection, so that a failure, or the
/// end of this program, leaves the target as it was.</summary>
internal sealed class PostgresRestore(PostgresServer server, DatabaseRestoreRequest request, CapturedDatabase captured, CancellationToken cancel)
{
    private const string UnknownDatabase = "3D000";

    // Databases that a new one can be made from.
    private static readonly string[] Neighbours = ["postgres", "template1"];

    /// <summary>Runs it.</summary>
    public DatabaseRestoreReport Run()
    {
        RequireOurs();
        bool isMade = false;
        PostgresSession? session = null;
        try
        {
            session = Connect(out isMade);
            if (session is null)
                return WholeRestore.Plan(captured.Description, "the database would be made");
            using SnapshotFiles files = captured.Open();
            RestoreJob job = new(session, files, request, captured.Description, server.SkipsOwners);
            return request switch
            {
                { Where: not null } => new RowRestore(job).Run(),
                { Table: not null } => new TableRestore(job).Run(),
                _ => new WholeRestore(job).Run(),
            };
        }
        catch (Exception e) when (isMade)
        {
            session?.Dispose();
            DropMade();
            throw Unmade(e);
        }
        catch (SourceException e) when (!RestoreJob.IsOutcomeUnknown(e))
        {
            throw new SourceException($"{e.Message}; nothing was changed", e);
        }
        finally
        {
            session?.Dispose();
        }
    }

    private static Exception Unmade(Exception e) => e switch
    {
        SourceException => new SourceException($"{e.Message}; the database that was made for this was dropped again", e),
        _ => e,
    };

    private void RequireOurs()
    {
        if (captured.Description.Engine != PostgresEngine.EngineName)
            throw new UsageException($"the snapshot is of {captured.Description.Engine}, the target {server.Name} is PostgreSQL; restore it into its own kind, or into a directory");
    }

    // Null where the database is not there, and only a report is asked for.
    private PostgresSession? Connect(out bool isMade)
    {
        isMade = false;
        try
        {
            PostgresSession session = PostgresSession.Connect(server, cancel);
            RequireVersion(session);
            return session;
        }
        catch (SourceException e) when (request.Create && PostgresErrors.CodeOf(e) == UnknownDatabase)
        {
            if (request.DryRun)
                return null;
            Make();
            isMade = true;
            return PostgresSession.Connect(server, cancel);
        }
    }

    private void RequireVersion(PostgresSession session)
    {
        int captureMajor = int.Parse(captured.Description.Version.Split('.', ' ', 'b', 'r', 'd')[0], CultureInfo.InvariantCulture);
        if (session.Major >= captureMajor)
            return;
        int major = session.Major;
        session.Dispose();
        throw new UsageException($"the snapshot is of PostgreSQL {captureMajor}, {server.Name} is of version {major}, which does not know all that the newer has; restore into version {captureMajor} or later; nothing was changed");
    }

    private void Make()
    {
        using PostgresSession neighbour = ConnectNeighbour();
        RequireVersion(neighbour);
        using SnapshotFiles files = captured.Open();
        RestoreJob job = new(neighbour, files, request, captured.Description, server.SkipsOwners);
        job.RequireRoles();
        DatabaseDefinition definition = DatabaseDefinition.Read(files, server.Database);
        definition.Make(neighbour, server.SkipsOwners);
    }

    private PostgresSession ConnectNeighbour()
    {
        try
        {
            return PostgresSession.Connect(server with { Database = Neighbours[0] }, cancel);
        }
        catch (SourceException)
        {
            return PostgresSession.Connect(server with { Database = Neighbours[1] }, cancel);
        }
    }

    private void DropMade()
    {
        try
        {
            using PostgresSession neighbour = PostgresSession.Connect(server with { Database = Neighbours[0] }, CancellationToken.None);
            neighbour.Run($"DROP DATABASE IF EXISTS {Sql.Name(server.Database)}", "dropping the database again");
        }
        catch (SourceException)
        {
            // The server is gone; the error that led here is the one to tell, and the database is empty.
        }
    }
}
