using System.Globalization;
using System.Text;
using Snapstore.Formats;

namespace Snapstore.Databases.Postgres;

/// <summary>A whole database into an empty one.</summary>
internal sealed class WholeRestore(RestoreJob job)
{
    private const int PieceSize = 1 << 20;

    private readonly PostgresSession _session = job.Session;
    private readonly RestoredRows _rows = new(job.Session, job.Files, job.Request);

    /// <summary>What would be restored.</summary>
    public static DatabaseRestoreReport Plan(DatabaseDescription description, params string[] notes) => new()
    {
        Tables = [.. WithRows(description).Select(table => new TableOutcome($"{table.Schema}.{table.Name}", table.Rows, table.Rows, false))],
        Objects = Counts(description),
        Notes = [.. notes, .. description.Warnings],
    };

    /// <summary>Restores.</summary>
    /// <exception cref="UsageException">The target is not empty, or roles are missing.</exception>
    public DatabaseRestoreReport Run()
    {
        job.RequireRoles();
        PostgresContents contents = PostgresContents.Read(_session);
        RequireRoom(contents);
        if (job.Request.DryRun)
            return Plan(job.Description, contents.IsEmpty ? [] : [$"it would be removed first: {contents}"]);
        job.Request.Progress.Expect(WithRows(job.Description).Count(), WithRows(job.Description).Sum(table => table.Bytes));
        return job.InTransaction(() => Restore(contents));
    }

    private static IEnumerable<TableDescription> WithRows(DatabaseDescription description) => description.Tables.Where(table => table.File is not null);

    private static List<(string Kind, long Count)> Counts(DatabaseDescription description) =>
        [.. description.Objects.GroupBy(one => one.Kind).Select(kind => (kind.Key, (long)kind.Count()))];

    private void RequireRoom(PostgresContents contents)
    {
        if (contents.IsEmpty)
            return;
        if (!job.Request.Clean)
            throw new UsageException($"{_session.Server.Name} is not empty, it has {contents}; restore into a new database (--create), or remove what is there first (--clean); nothing was changed");
        contents.RequireRemovable();
        if (!job.Request.DryRun)
            job.Confirm($"all that is in {_session.Server.Name} will be removed: {contents}");
    }

    private DatabaseRestoreReport Restore(PostgresContents contents)
    {
        contents.Remove(_session);
        if (job.Description.Properties.GetValueOrDefault(PostgresDescriber.Selection) == PostgresDescriber.OfTables)
            MakeSchemas();
        PostgresScript.Run(_session, job.Files, PostgresDefinitions.PreData, job.SkipsOwners);
        List<TableOutcome> tables = [.. WithRows(job.Description).Select(Fill)];
        long largeObjects = PutLargeObjects();
        if (!contents.IsEmpty)
            DatabaseRestoreReport.RefuseToReplace(_rows.Problems, "restore into another database and look");
        PostgresScript.Run(_session, job.Files, "sequences.sql", job.SkipsOwners);
        PostgresScript.Run(_session, job.Files, PostgresDefinitions.PostData, job.SkipsOwners);
        _session.Run("ANALYZE", "computing statistics");
        return new DatabaseRestoreReport
        {
            Tables = tables,
            Objects = largeObjects > 0 ? [.. Counts(job.Description), ("large object", largeObjects)] : Counts(job.Description),
            Problems = _rows.Problems,
            Notes = job.Description.Warnings,
        };
    }

    // A dump of chosen tables holds no schemas.
    private void MakeSchemas()
    {
        foreach (string schema in job.Description.Tables.Select(table => table.Schema).Distinct())
            _session.Run($"CREATE SCHEMA IF NOT EXISTS {Sql.Name(schema)}", $"making schema {schema}");
    }

    private TableOutcome Fill(TableDescription table)
    {
        string target = table.Properties.GetValueOrDefault(PostgresDescriber.QuotedProperty, Sql.Qualified(table.Schema, table.Name));
        return _rows.Outcome(table, target, _rows.Copy(table, target));
    }

    private long PutLargeObjects()
    {
        long count = 0;
        HashSet<string> made = [.. _session.Rows("SELECT oid::text FROM pg_largeobject_metadata", "listing the large objects").Select(row => row[0]!)];
        foreach (TreeEntry entry in job.Files.List("large-objects"))
        {
            string name = Encoding.UTF8.GetString(entry.Name);
            uint oid = uint.Parse(name, CultureInfo.InvariantCulture);
            if (!made.Contains(name))
                _session.Run($"SELECT lo_create({oid})", $"making large object {oid}");
            PutLargeObject(oid, $"large-objects/{name}");
            count++;
        }

        long expected = long.Parse(job.Description.Properties.GetValueOrDefault("large_objects", "0"), CultureInfo.InvariantCulture);
        if (count != expected)
            _rows.Problems.Add($"the snapshot holds {count} large objects, it recorded {expected}");
        return count;
    }

    private void PutLargeObject(uint oid, string path)
    {
        byte[] piece = new byte[PieceSize];
        using Stream content = job.Files.Open(path);
        long offset = 0;
        for (int size; (size = content.ReadAtLeast(piece, piece.Length, throwOnEndOfStream: false)) > 0; offset += size)
            _session.WriteLargeObject(oid, offset, piece[..size]);
    }
}
