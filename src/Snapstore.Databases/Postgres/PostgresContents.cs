namespace Snapstore.Databases.Postgres;

/// <summary>What stands in a database before a restore, and how it is removed.</summary>
internal sealed class PostgresContents
{
    private const int NamesShown = 5;

    // Kind, name, and the statement that removes it; "" where it goes with something else, null where nothing here can.
    private const string Query = """
        SELECT o.kind, o.name, o.removal FROM (
            SELECT 1 AS place, 'event trigger' AS kind, evtname::text AS name, format('DROP EVENT TRIGGER %I', evtname) AS removal FROM pg_event_trigger
            UNION ALL SELECT 2, 'publication', pubname::text, format('DROP PUBLICATION %I', pubname) FROM pg_publication
            UNION ALL SELECT 3, 'extension', extname::text, format('DROP EXTENSION IF EXISTS %I CASCADE', extname) FROM pg_extension WHERE extname <> 'plpgsql'
            UNION ALL SELECT 4, 'schema', nspname::text, format('DROP SCHEMA %I CASCADE', nspname) FROM pg_namespace n
                WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public') AND NOT EXISTS (SELECT FROM pg_depend d
                    WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')
            UNION ALL SELECT 5, i.type, i.identity, format('DROP %s IF EXISTS %s CASCADE',
                    CASE i.type WHEN 'statistics object' THEN 'statistics' ELSE i.type END, i.identity)
                FROM (SELECT DISTINCT d.classid, d.objid FROM pg_depend d WHERE d.refclassid = 'pg_namespace'::regclass
                    AND d.refobjid = to_regnamespace('public') AND d.deptype = 'n' AND d.classid <> 'pg_extension'::regclass
                    AND d.classid <> 'pg_default_acl'::regclass AND NOT EXISTS (SELECT FROM pg_depend e
                        WHERE e.classid = d.classid AND e.objid = d.objid AND e.deptype IN ('e', 'i')
                            AND (e.refclassid, e.refobjid) <> (e.classid, e.objid))) p,
                    LATERAL pg_identify_object(p.classid, p.objid, 0) i WHERE i.identity IS NOT NULL
            UNION ALL SELECT 6, 'foreign data wrapper', fdwname::text, format('DROP FOREIGN DATA WRAPPER IF EXISTS %I CASCADE', fdwname)
                FROM pg_foreign_data_wrapper f WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_foreign_data_wrapper'::regclass AND e.objid = f.oid AND e.deptype = 'e')
            UNION ALL SELECT 7, 'large object', oid::text, format('SELECT lo_unlink(%s)', oid) FROM pg_largeobject_metadata
            UNION ALL SELECT 8, 'subscription', subname::text, NULL FROM pg_subscription WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
            UNION ALL SELECT 9, 'default privilege', format('of role %s', pg_get_userbyid(defaclrole)), NULL FROM pg_default_acl
                WHERE defaclnamespace IN (0, to_regnamespace('public'))
            ) o
        ORDER BY o.place, o.kind, o.name COLLATE "C"
        """;

    private readonly List<(string Kind, string Name, string? Removal)> _objects;

    private PostgresContents(List<(string Kind, string Name, string? Removal)> objects) => _objects = objects;

    /// <summary>True for a database as it is made from template0.</summary>
    public bool IsEmpty => _objects.Count == 0;

    /// <summary>Looks.</summary>
    public static PostgresContents Read(PostgresSession session) =>
        new([.. session.Rows(Query, "looking at what is there").Select(row => (row[0]!, row[1]!, row[2]))]);

    /// <summary>For people: 2 schemas (app, b), 12 tables (public.a, ...).</summary>
    public override string ToString() => string.Join(", ", _objects.GroupBy(one => one.Kind).Select(kind =>
    {
        string more = kind.Count() > NamesShown ? ", ..." : "";
        return $"{kind.Key}: {string.Join(", ", kind.Take(NamesShown).Select(one => one.Name))}{more} ({kind.Count()})";
    }));

    /// <summary>Says what cannot be removed.</summary>
    /// <exception cref="UsageException">Something cannot.</exception>
    public void RequireRemovable()
    {
        if (_objects.Find(one => one.Removal is null) is { Kind: not null } stays)
            throw new UsageException($"the database has a {stays.Kind} {stays.Name}, which --clean cannot remove within a transaction; remove it by hand, or restore into a new database (--create); nothing was changed");
    }

    /// <summary>Removes all of it.</summary>
    public void Remove(PostgresSession session)
    {
        session.Run("SET LOCAL client_min_messages = error", "removing what is there");
        foreach ((string kind, string name, string? removal) in _objects)
            session.Run(removal!, $"removing {kind} {name}");
    }
}
