using System.Text.Json;
using Snapstore.Browse;
using Snapstore.Databases;
using Snapstore.Repositories;

namespace Snapstore.Cli;

/// <summary>How two snapshots of a database differ, table by table, by what they say of themselves.</summary>
internal sealed class DatabaseDiff
{
    private readonly IReadOnlyList<TableDifference> _changed;
    private readonly int _unchanged, _unknown;
    private readonly long _rowsBefore, _rowsAfter;

    private DatabaseDiff(DatabaseDescription before, DatabaseDescription after)
    {
        Dictionary<string, TableDescription> first = ByName(before), second = ByName(after);
        _changed = [.. first.Keys.Union(second.Keys).Order(StringComparer.Ordinal)
            .Select(name => new TableDifference(name, first.GetValueOrDefault(name), second.GetValueOrDefault(name)))
            .Where(table => table.IsChanged)];
        // Tables of SQLite lie in one file, which tells for all of them together.
        bool isSameFile = before.Properties.GetValueOrDefault("checksum") is { } whole && whole == after.Properties.GetValueOrDefault("checksum");
        int alike = second.Count - _changed.Count(table => table.After is not null);
        int shared = second.Values.Count(table => table is { Checksum: null, File: not null } && _changed.All(changed => changed.After != table));
        _unknown = isSameFile ? 0 : shared;
        _unchanged = alike - _unknown;
        (_rowsBefore, _rowsAfter) = (before.Tables.Sum(table => table.Rows), after.Tables.Sum(table => table.Rows));
    }

    /// <summary>The difference; null where the two are not both whole snapshots of databases.</summary>
    public static DatabaseDiff? Of(Repository repository, SnapshotPath first, SnapshotPath second) =>
        Read(repository, first) is { } before && Read(repository, second) is { } after ? new DatabaseDiff(before, after) : null;

    /// <summary>Prints the tables that differ.</summary>
    public void Print(Output output)
    {
        List<string[]> rows = [];
        foreach (TableDifference table in _changed)
        {
            output.Json("table_difference", table.Write);
            rows.Add([table.Letter, Escaped.Text(table.Name), table.Rows]);
        }

        foreach (string line in TextTable.Lines(rows, false, false, false))
            output.Line(line);
        string unknown = _unknown == 0 ? "" : $", {Quantity.Count(_unknown)} with as many rows as before and perhaps other values (all lie in one file, which changed)";
        output.Line($"tables:      {Quantity.Count(Count(isBefore: false))} added, {Quantity.Count(Count(isBefore: true))} removed, {Quantity.Count(Both)} changed, {Quantity.Count(_unchanged)} unchanged{unknown}; {Quantity.Count(_rowsBefore)} -> {Quantity.Count(_rowsAfter, "row")}");
    }

    /// <summary>The sums, as fields.</summary>
    public void WriteTotals(Utf8JsonWriter json)
    {
        json.WriteNumber("tables_added", Count(isBefore: false));
        json.WriteNumber("tables_removed", Count(isBefore: true));
        json.WriteNumber("tables_changed", Both);
        json.WriteNumber("tables_unknown", _unknown);
        json.WriteNumber("rows_before", _rowsBefore);
        json.WriteNumber("rows_after", _rowsAfter);
    }

    private int Both => _changed.Count(table => table.Before is not null && table.After is not null);

    private int Count(bool isBefore) => _changed.Count(table => (isBefore ? table.After : table.Before) is null);

    private static DatabaseDescription? Read(Repository repository, SnapshotPath place)
    {
        if (place.Snapshot.Manifest.Database is null || place.Path.AsSpan().Trim((byte)'/').Length > 0)
            return null;
        using SnapshotFiles files = new(repository, place, workers: 0);
        return files.Find(DatabaseDescription.FileName) is null ? null : DatabaseDescription.Decode(files.ReadAll(DatabaseDescription.FileName));
    }

    private static Dictionary<string, TableDescription> ByName(DatabaseDescription description)
    {
        Dictionary<string, TableDescription> tables = new(StringComparer.Ordinal);
        foreach (TableDescription table in description.Tables)
            tables[table.Schema.Length == 0 ? table.Name : $"{table.Schema}.{table.Name}"] = table;
        return tables;
    }

    private sealed record TableDifference(string Name, TableDescription? Before, TableDescription? After)
    {
        public bool IsChanged => Before?.Checksum != After?.Checksum || Before?.Rows != After?.Rows || Before is null || After is null;

        public string Letter => Before is null ? "+" : After is null ? "-" : "M";

        public string Rows => (Before, After) switch
        {
            (null, _) => Quantity.Count(After!.Rows, "row"),
            (_, null) => Quantity.Count(Before.Rows, "row"),
            ({ Checksum: null }, _) or (_, { Checksum: null }) => $"{Quantity.Count(Before.Rows)} -> {Quantity.Count(After.Rows, "row")}",
            _ => $"{Quantity.Count(Before.Rows)} -> {Quantity.Count(After.Rows, "row")}, {Quantity.Bytes(Before.Bytes)} -> {Quantity.Bytes(After.Bytes)}",
        };

        public void Write(Utf8JsonWriter json)
        {
            json.WriteString("table", Name);
            json.WriteString("change", Letter switch { "+" => "added", "-" => "removed", _ => "content" });
            WriteSide(json, "before", Before);
            WriteSide(json, "after", After);
        }

        private static void WriteSide(Utf8JsonWriter json, string name, TableDescription? table)
        {
            if (table is null)
                return;
            json.WriteNumber($"rows_{name}", table.Rows);
            json.WriteNumber($"bytes_{name}", table.Bytes);
        }
    }
}
