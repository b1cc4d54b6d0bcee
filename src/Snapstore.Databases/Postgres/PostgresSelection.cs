using System.IO.Enumeration;

namespace Snapstore.Databases.Postgres;

/// <summary>Which tables are captured, and how pg_dump is told the same.</summary>
internal sealed class PostgresSelection
{
    private readonly DatabaseSelection _wanted;
    private readonly HashSet<string> _oids;

    private PostgresSelection(DatabaseSelection wanted, List<PostgresTable> tables)
    {
        _wanted = wanted;
        Tables = tables;
        _oids = [.. tables.Select(table => table.Oid)];
    }

    /// <summary>The tables that are captured.</summary>
    public IReadOnlyList<PostgresTable> Tables { get; }

    /// <summary>True where the whole database is captured.</summary>
    public bool IsWhole => IsWholeFor(_wanted);

    /// <summary>True where tables were named.</summary>
    public bool IsOfTables => _wanted.Tables.Count > 0;

    /// <summary>Chooses.</summary>
    /// <exception cref="UsageException">A pattern fits nothing.</exception>
    public static PostgresSelection Of(DatabaseSelection wanted, List<PostgresTable> all)
    {
        foreach (string pattern in wanted.Tables.Concat(wanted.ExcludedTables))
            Require(all.Exists(table => Fits(pattern, table)), "table", pattern);
        foreach (string pattern in wanted.Schemas)
            Require(all.Exists(table => FitsName(pattern, table.Schema)), "schema with a table in it", pattern);
        HashSet<string> chosen = [.. all.Where(table => IsNamed(wanted, table)).Select(table => table.Oid)];
        if (wanted.Tables.Count > 0)
            AddFamilies(chosen, all);
        return new PostgresSelection(wanted, [.. all.Where(table => chosen.Contains(table.Oid) && !IsExcluded(wanted, table))]);
    }

    /// <summary>True where a sequence is captured.</summary>
    /// <param name="schema">Its schema.</param>
    /// <param name="owner">Object id of the table it belongs to; "" for none.</param>
    public bool HasSequence(string schema, string owner) =>
        IsWhole
        || (owner.Length > 0 ? _oids.Contains(owner) : _wanted.Tables.Count == 0 && (_wanted.Schemas.Count == 0 || _wanted.Schemas.Any(pattern => FitsName(pattern, schema))));

    /// <summary>Arguments of pg_dump that choose the same.</summary>
    /// <param name="all">All tables of the database.</param>
    public IEnumerable<string> DumpArguments(IReadOnlyList<PostgresTable> all)
    {
        if (_wanted.Tables.Count > 0)
            return Tables.Select(table => $"--table={Sql.Qualified(table.Schema, table.Name)}").Append("--extension=*");
        IEnumerable<string> excluded = all.Where(table => IsExcluded(_wanted, table))
            .Select(table => $"--exclude-table={Sql.Qualified(table.Schema, table.Name)}");
        if (_wanted.Schemas.Count == 0)
            return excluded;
        return Tables.Select(table => table.Schema).Distinct().Select(schema => $"--schema={Sql.Name(schema)}")
            .Append("--extension=*").Concat(excluded);
    }

    private static bool IsWholeFor(DatabaseSelection wanted) =>
        wanted.Tables.Count == 0 && wanted.ExcludedTables.Count == 0 && wanted.Schemas.Count == 0;

    private static bool IsNamed(DatabaseSelection wanted, PostgresTable table) =>
        (wanted.Schemas.Count == 0 || wanted.Schemas.Any(pattern => FitsName(pattern, table.Schema)))
        && (wanted.Tables.Count == 0 || wanted.Tables.Any(pattern => Fits(pattern, table)));

    private static bool IsExcluded(DatabaseSelection wanted, PostgresTable table) =>
        wanted.ExcludedTables.Any(pattern => Fits(pattern, table));

    // A partitioned table is nothing without its partitions, and a partition cannot be made without what it is a part of.
    private static void AddFamilies(HashSet<string> chosen, List<PostgresTable> all)
    {
        Dictionary<string, PostgresTable> byOid = all.ToDictionary(table => table.Oid);
        HashSet<string> named = [.. chosen];
        foreach (PostgresTable table in all)
        {
            for (PostgresTable? above = table; above is not null; above = byOid.GetValueOrDefault(above.Parent))
            {
                if (named.Contains(above.Oid))
                    chosen.Add(table.Oid);
                if (named.Contains(table.Oid))
                    chosen.Add(above.Oid);
            }
        }
    }

    private static bool Fits(string pattern, PostgresTable table) => FitsName(pattern, table.Name) || FitsName(pattern, table.FullName);

    private static bool FitsName(string pattern, string name) => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false);

    private static void Require(bool isFound, string what, string pattern)
    {
        if (!isFound)
            throw new UsageException($"the database has no {what} {pattern}; no snapshot was made");
    }
}
