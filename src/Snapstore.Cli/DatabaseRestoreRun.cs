using System.Text.Json;
using Snapstore.Browse;
using Snapstore.Databases;
using Snapstore.Repositories;

namespace Snapstore.Cli;

/// <summary>`restore --to URL`: a snapshot of a database into a database.</summary>
internal static class DatabaseRestoreRun
{
    private const int ReadAheadWorkers = 1;

    /// <summary>Restores and reports; returns the exit code.</summary>
    public static int Run(CommandContext context, Repository repository, SnapshotPath place, DatabaseUrl url, DatabaseRestoreRequest request)
    {
        IDatabaseEngine engine = DatabaseSourceOptions.EngineOf(url);
        CapturedDatabase captured = new(() => new SnapshotFiles(repository, place, ReadAheadWorkers), ReadDescription(repository, place));
        long start = context.Time.GetTimestamp();
        DatabaseRestoreReport report;
        using (new ProgressLine(context.Output, context.Time, () => State(request.Progress)))
            report = engine.Restore(url, request, captured, context.Cancel);
        Print(context, place.Snapshot, request, report, context.Time.GetElapsedTime(start));
        return report.Problems.Count > 0 ? ExitCode.Incomplete : ExitCode.Done;
    }

    private static ProgressState State(RunProgress progress) => new(
        progress.Files, "tables", progress.Bytes, progress.BytesExpected, 0, progress.Current);

    private static DatabaseDescription ReadDescription(Repository repository, SnapshotPath place)
    {
        using SnapshotFiles files = new(repository, place, workers: 0);
        return files.Find(DatabaseDescription.FileName) is not null
            ? DatabaseDescription.Decode(files.ReadAll(DatabaseDescription.FileName))
            : throw new UsageException($"snapshot {place.Snapshot.Id.ToShortString()} is not of a database (it has no {DatabaseDescription.FileName}); restore it into a directory: --target DIR");
    }

    private static void Print(
        CommandContext context, Snapshot snapshot, DatabaseRestoreRequest request, DatabaseRestoreReport report, TimeSpan duration)
    {
        Output output = context.Output;
        foreach (string problem in report.Problems)
            output.Warning(problem);
        foreach (string note in report.Notes)
            output.Note(note);
        foreach (TableOutcome table in report.Tables)
        {
            if (output.IsVerbose || request.DryRun || request.Table is not null)
                output.Tell($"  {Escaped.Text(table.Table)}: {Rows(table)}");
            output.Json("restored_table", json => WriteTable(json, table));
        }

        foreach (string line in Lines(snapshot, request, report, duration))
            output.Tell(line);
        output.Json("summary", json => Write(json, snapshot, request, report, duration));
    }

    private static string Rows(TableOutcome table)
    {
        string rows = Quantity.Count(table.Rows, "row");
        if (table.RowsExpected is { } expected && expected != table.Rows)
            return $"{rows} INSTEAD OF {Quantity.Count(expected)}";
        return table.IsVerified ? $"{rows}, as recorded" : rows;
    }

    private static IEnumerable<string> Lines(
        Snapshot snapshot, DatabaseRestoreRequest request, DatabaseRestoreReport report, TimeSpan duration)
    {
        if (report.Rows is { } rows)
        {
            yield return $"  chosen       {Quantity.Count(rows.Chosen, "row")} of the snapshot";
            yield return $"  missing      {Quantity.Count(rows.Missing)}, different {Quantity.Count(rows.Different)}, extra in the table {Quantity.Count(rows.Extra)}";
            yield return $"  written      {Quantity.Count(rows.Inserted)} inserted, {Quantity.Count(rows.Updated)} changed";
        }
        else
        {
            int verified = report.Tables.Count(table => table.IsVerified);
            yield return $"  tables       {Quantity.Count(report.Tables.Count)} with {Quantity.Count(report.Tables.Sum(table => table.Rows), "row")}; {Quantity.Count(verified)} with checksum and row count as recorded";
            foreach ((string kind, long count) in report.Objects)
                yield return $"  {kind,-12} {Quantity.Count(count)}";
        }

        if (report.Problems.Count > 0)
            yield return $"  problems     {Quantity.Count(report.Problems.Count)}, see above";
        yield return Ending(snapshot.Id.ToShortString(), request, report, Quantity.Duration(duration));
    }

    private static string Ending(string id, DatabaseRestoreRequest request, DatabaseRestoreReport report, string duration)
    {
        if (request.DryRun)
            return "dry run: nothing was changed";
        if (request.Where is not null && request.Apply == RowChange.None)
            return $"compared with snapshot {id} in {duration}: nothing was changed (--apply insert|upsert writes)";
        return report.Rows is { Inserted: 0, Updated: 0 }
            ? $"compared with snapshot {id} in {duration}: nothing had to be changed"
            : $"snapshot {id} restored in {duration}";
    }

    private static void WriteTable(Utf8JsonWriter json, TableOutcome table)
    {
        json.WriteString("table", table.Table);
        json.WriteNumber("rows", table.Rows);
        if (table.RowsExpected is { } expected)
            json.WriteNumber("rows_expected", expected);
        json.WriteBoolean("verified", table.IsVerified);
    }

    private static void Write(
        Utf8JsonWriter json, Snapshot snapshot, DatabaseRestoreRequest request, DatabaseRestoreReport report, TimeSpan duration)
    {
        json.WriteString("verb", "restore");
        json.WriteString("id", snapshot.Id.ToString());
        json.WriteBoolean("dry_run", request.DryRun);
        json.WriteNumber("tables", report.Tables.Count);
        json.WriteNumber("rows", report.Tables.Sum(table => table.Rows));
        json.WriteNumber("tables_verified", report.Tables.Count(table => table.IsVerified));
        if (report.Rows is { } rows)
        {
            (string Name, long Value)[] fields =
            [
                ("rows_chosen", rows.Chosen), ("rows_missing", rows.Missing), ("rows_different", rows.Different),
                ("rows_extra", rows.Extra), ("rows_inserted", rows.Inserted), ("rows_updated", rows.Updated),
            ];
            foreach ((string name, long value) in fields)
                json.WriteNumber(name, value);
        }

        json.WriteNumber("problems", report.Problems.Count);
        json.WriteNumber("seconds", duration.TotalSeconds);
    }
}
