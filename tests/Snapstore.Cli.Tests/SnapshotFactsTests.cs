using System.Text.Json;

namespace Snapstore.Cli.Tests;

/// <summary>What list, stats and diff --stat tell of a snapshot: what it added since its parent, and since any other.</summary>
public sealed class SnapshotFactsTests : IDisposable
{
    private readonly SnapstoreProgram _program = SnapstoreProgram.WithRepository();

    public void Dispose() => _program.Dispose();

    [Fact]
    public void List_tells_what_each_snapshot_added()
    {
        _program.Write("a", new string('a', 5000));
        _program.Snapshot();
        _program.Write("b", string.Concat(Enumerable.Range(0, 1000).Select(i => $"{i * 7919}\n")));
        _program.Snapshot();
        _program.Snapshot();
        string[] lines = _program.Run("list").Expect(0).Output.Split('\n');
        Assert.Matches("^ +ID +TIME +FILES +SIZE +NEW +ADDED +TAGS$", lines[1]);
        Assert.Matches(" 2 +[0-9.]+ KiB +[0-9.]+ KiB +[0-9.]+ KiB$", lines[3]);
        Assert.Matches(" 2 +[0-9.]+ KiB +0 B +0 B$", lines[4]);
        string stats = _program.Run("stats", "latest").Expect(0).Output;
        Assert.Matches("0 files, 0 changed, 0 B of new content \\(since [0-9a-f]{8}\\)", stats);
    }

    [Fact]
    public void Diff_tells_what_any_snapshot_has_that_any_other_lacks()
    {
        _program.Write("a", new string('a', 5000));
        _program.Snapshot();
        _program.Write("b", string.Concat(Enumerable.Range(0, 1000).Select(i => $"{i * 7919}\n")));
        _program.Snapshot();
        _program.Write("c", new string('a', 5000));
        _program.Snapshot();
        JsonElement totals = _program.Run("diff", "--stat", "latest~2", "latest", "--json").Expect(0).Objects[^1];
        long size = new FileInfo(Path.Combine(_program.Source, "b")).Length;
        Assert.Equal((2, size), (totals.GetProperty("files_added").GetInt64(), totals.GetProperty("new_bytes").GetInt64()));
        Assert.InRange(totals.GetProperty("new_stored_bytes").GetInt64(), 1, size);
        Assert.Equal(0, _program.Run("diff", "--stat", "latest", "latest~2", "--json").Expect(0).Objects[^1].GetProperty("new_bytes").GetInt64());
    }

    [Fact]
    public void A_database_is_told_with_its_tables_and_rows()
    {
        ProgramRun run = _program.RunShell(
            """
            set -e
            sqlite3 shop.db "create table item(id integer primary key, name text); insert into item(name) values ('a'), ('b'); create table gone(a int)"
            $snapstore snapshot sqlite:shop.db
            sqlite3 shop.db "insert into item(name) values ('c'); drop table gone; create table fresh(a int)"
            $snapstore snapshot sqlite:shop.db -q
            $snapstore list
            $snapstore stats latest
            $snapstore diff --stat latest~1 latest
            """).Expect(0);
        Assert.Contains("  database     SQLite ", run.Output, StringComparison.Ordinal);
        Assert.Contains("2 tables, 3 rows", run.Output, StringComparison.Ordinal);
        Assert.Contains("  consistency  ", run.Output, StringComparison.Ordinal);
        Assert.Matches("shop.db \\(SQLite\\)\n +ID +TIME +TABLES +ROWS +SIZE +NEW +ADDED +TAGS\n", run.Output);
        Assert.Matches("tables: +1 added, 1 removed, 1 changed, 0 unchanged; 2 -> 3 rows\n", run.Output);
        Assert.Matches("\n +M +item +2 -> 3 rows", run.Output);

        JsonElement[] objects = [.. _program.Run("diff", "--stat", "latest~1", "latest", "--json").Expect(0).Objects];
        Assert.Equal(3, objects.Count(line => line.GetProperty("type").GetString() == "table_difference"));
        Assert.Equal(3, objects[^1].GetProperty("rows_after").GetInt64());
        JsonElement snapshot = _program.Run("list", "--json").Expect(0).Objects[^1];
        Assert.Equal(("SQLite", 2, 3), (snapshot.GetProperty("database").GetProperty("engine").GetString(), snapshot.GetProperty("database").GetProperty("tables").GetInt32(), snapshot.GetProperty("database").GetProperty("rows").GetInt32()));
    }
}
