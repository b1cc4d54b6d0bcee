using System.Text.Json;

namespace Snapstore.Databases.Postgres;

/// <summary>What the catalog of a database says, as the session's transaction sees it.</summary>
internal static class PostgresCatalog
{
    private const double OrderedCorrelation = 0.9;

    // Schemas of the system's own; names that begin with pg_ belong to it.
    private const string UserSchema = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

    private const string Tables = $"""
        SELECT c.oid::text, n.nspname::text, c.relname::text, format('%I.%I', n.nspname, c.relname), c.relkind::text,
            c.relpersistence::text,
            coalesce((SELECT i.inhparent::text FROM pg_inherits i WHERE i.inhrelid = c.oid AND c.relispartition), ''),
            (SELECT coalesce(x.extcondition[array_position(x.extconfig, c.oid)], '') FROM pg_extension x WHERE c.oid = ANY (x.extconfig)),
            (SELECT coalesce(json_agg(json_build_array(a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull, a.attgenerated <> '')
                ORDER BY a.attnum), '[]')::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
            (SELECT json_agg(a.attname ORDER BY k.place)::text
                FROM (SELECT i.indkey, i.indnkeyatts FROM pg_index i
                    WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
                        AND NOT EXISTS (SELECT FROM pg_attribute o WHERE o.attrelid = c.oid AND o.attnum = ANY (i.indkey) AND NOT o.attnotnull)
                    ORDER BY i.indisprimary DESC, i.indexrelid LIMIT 1) u,
                    unnest(u.indkey) WITH ORDINALITY AS k(number, place)
                JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number WHERE k.place <= u.indnkeyatts)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'f', 'm') AND {UserSchema}
            AND NOT EXISTS (SELECT FROM pg_depend d LEFT JOIN pg_extension x ON x.oid = d.refobjid
                WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e' AND NOT coalesce(c.oid = ANY (x.extconfig), false))
        ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
        """;

    private const string Correlations = """
        SELECT format('%I.%I', schemaname, tablename), attname::text, correlation::text FROM pg_stats
        WHERE NOT inherited AND abs(correlation) > 0.9 AND schemaname !~ '^pg_' AND schemaname <> 'information_schema'
        """;

    private const string RewrittenTables = """
        SELECT oid::text FROM pg_class WHERE relkind = 'r' AND relfilenode <> 0 AND relfilenode IS DISTINCT FROM pg_relation_filenode(oid)
        """;

    /// <summary>All tables, partitioned tables, foreign tables and materialized views of the user.</summary>
    public static List<PostgresTable> ReadTables(PostgresSession session)
    {
        Dictionary<string, HashSet<string>> ordered = [];
        foreach (string?[] row in session.Rows(Correlations, "reading the statistics"))
        {
            if (Math.Abs(double.Parse(row[2]!, System.Globalization.CultureInfo.InvariantCulture)) > OrderedCorrelation)
                (ordered.TryGetValue(row[0]!, out HashSet<string>? columns) ? columns : ordered[row[0]!] = []).Add(row[1]!);
        }

        return [.. session.Rows(Tables, "reading the catalog").Select(row => Table(row, ordered))];
    }

    /// <summary>Object ids of tables whose rows were rewritten since the session's snapshot: it would find them empty.</summary>
    public static HashSet<string> ReadRewritten(PostgresSession session) =>
        [.. session.Rows(RewrittenTables, "looking for rewritten tables").Select(row => row[0]!)];

    /// <summary>Other objects of the user, for the description: (kind, schema, name).</summary>
    public static List<ObjectDescription> ReadObjects(PostgresSession session) =>
        [.. session.Rows(OtherObjects, "reading the catalog").Select(row => new ObjectDescription(row[0]!, row[1]!, row[2]!, row[3]))];

    /// <summary>Statements that set the sequences to where they are now, which is not before the session's snapshot.</summary>
    public static IEnumerable<string> ReadSequences(PostgresSession session, Func<string, string, bool> isChosen)
    {
        IEnumerable<string> chosen = session.Rows(Sequences, "reading the catalog")
            .Where(row => isChosen(row[0]!, row[3]!))
            .Select(row => $"SELECT {Sql.Text(row[2]!)}, last_value::text, is_called::text FROM {row[2]}");
        foreach (string[] some in chosen.Chunk(200))
        {
            foreach (string?[] row in session.Rows(string.Join(" UNION ALL ", some), "reading the sequences"))
                yield return $"SELECT pg_catalog.setval({Sql.Text(row[0]!)}, {row[1]}, {row[2]});\n";
        }
    }

    private const string Sequences = $"""
        SELECT n.nspname::text, c.relname::text, format('%I.%I', n.nspname, c.relname),
            coalesce((SELECT d.refobjid::text FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') LIMIT 1), '')
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'S' AND {UserSchema} AND NOT EXISTS (SELECT FROM pg_depend d
            WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
        ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
        """;

    private const string OtherObjects = $"""
        SELECT o.kind, o.nspname, o.name, o.file FROM (
            SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'S' THEN 'sequence' END AS kind, n.nspname::text, c.relname::text AS name,
                'pre-data.sql' AS file, 'pg_class'::regclass::oid AS class, c.oid AS id
                FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('v', 'S') AND {UserSchema}
            UNION ALL
            SELECT CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END, n.nspname::text,
                format('%s(%s)', p.proname, pg_get_function_identity_arguments(p.oid)), 'pre-data.sql', 'pg_proc'::regclass::oid, p.oid
                FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {UserSchema}
            UNION ALL
            SELECT CASE t.typtype WHEN 'd' THEN 'domain' ELSE 'type' END, n.nspname::text, t.typname::text, 'pre-data.sql',
                'pg_type'::regclass::oid, t.oid
                FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE {UserSchema} AND (t.typtype IN ('d', 'e', 'r')
                    OR t.typtype = 'c' AND (SELECT c.relkind = 'c' FROM pg_class c WHERE c.oid = t.typrelid))
            UNION ALL
            SELECT 'trigger', n.nspname::text, t.tgname::text, 'post-data.sql', 'pg_trigger'::regclass::oid, t.oid
                FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE NOT t.tgisinternal AND {UserSchema}
            UNION ALL SELECT 'extension', '', extname::text, 'pre-data.sql', 0, 0 FROM pg_extension WHERE extname <> 'plpgsql'
            UNION ALL SELECT 'event trigger', '', evtname::text, 'post-data.sql', 'pg_event_trigger'::regclass::oid, oid FROM pg_event_trigger
            UNION ALL SELECT 'publication', '', pubname::text, 'post-data.sql', 0, 0 FROM pg_publication
            ) o
        WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = o.class AND d.objid = o.id AND d.deptype = 'e')
        ORDER BY o.kind, o.nspname COLLATE "C", o.name COLLATE "C"
        """;

    private static PostgresTable Table(string?[] row, Dictionary<string, HashSet<string>> ordered)
    {
        List<string> key = row[9] is null ? [] : [.. Parsed(row[9]!).Select(name => name.GetString()!)];
        return new PostgresTable
        {
            Oid = row[0]!,
            Schema = row[1]!,
            Name = row[2]!,
            Quoted = row[3]!,
            Kind = row[4]![0],
            IsUnlogged = row[5] == "u",
            Parent = row[6]!,
            ConfigurationFilter = row[7],
            Columns = [.. Parsed(row[8]!).Select(column => new PostgresColumn(
                column[0].GetString()!, column[1].GetString()!, column[2].GetBoolean(), column[3].GetBoolean()))],
            Key = key,
            IsInKeyOrder = key.Count > 0 && ordered.TryGetValue(row[3]!, out HashSet<string>? columns) && columns.Contains(key[0]),
        };
    }

    private static List<JsonElement> Parsed(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return [.. document.RootElement.Clone().EnumerateArray()];
    }
}
