namespace Snapstore.Databases.Tests.Sqlite;

/// <summary>A database with every kind of object that SQLite knows.</summary>
internal static class SqliteZoo
{
    public const string Script = """"
        PRAGMA user_version = 7;
        PRAGMA application_id = 1234;
        CREATE TABLE empty (x);
        CREATE TABLE people (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL COLLATE NOCASE, age INT CHECK (age >= 0), boss REFERENCES people (id));
        INSERT INTO people (name, age, boss) VALUES ('Ada', 36, NULL), ('Grace', 85, 1), ('Linus', 12, 2), ('it''s "quoted" -- not a comment', 40, 1);
        DELETE FROM people WHERE id = 3;
        CREATE TABLE people_by_mail (email TEXT NOT NULL UNIQUE, person REFERENCES people (id) ON DELETE CASCADE);
        INSERT INTO people_by_mail VALUES ('ada@example.org', 1);
        CREATE TABLE pairs (a INT, b TEXT, c REAL, PRIMARY KEY (b, a)) WITHOUT ROWID;
        INSERT INTO pairs VALUES (1, 'x', 1.5), (2, 'x', -0.0);
        CREATE TABLE strict_types (i INTEGER PRIMARY KEY, t TEXT, r REAL, b BLOB, a ANY) STRICT;
        INSERT INTO strict_types VALUES (1, 'text', 2.5, x'00ff00', '123'), (2, NULL, 1e300, zeroblob(100000), 123);
        CREATE TABLE computed (id INTEGER PRIMARY KEY, net INT, gross INT AS (net * 119 / 100) STORED, label TEXT AS ('#' || id) VIRTUAL);
        INSERT INTO computed (net) VALUES (100), (200);
        CREATE TABLE "no key" ("a b" TEXT, [select] INT, `back``tick` TEXT);
        INSERT INTO "no key" VALUES ('x', 1, 'y'), ('x', 1, 'y'), (NULL, NULL, NULL);
        CREATE TABLE cycle_a (id INTEGER PRIMARY KEY, b REFERENCES cycle_b (id) DEFERRABLE INITIALLY DEFERRED);
        CREATE TABLE cycle_b (id INTEGER PRIMARY KEY, a REFERENCES cycle_a (id));
        INSERT INTO cycle_a VALUES (1, NULL); INSERT INTO cycle_b VALUES (1, 1); UPDATE cycle_a SET b = 1;
        CREATE TABLE log (at INTEGER PRIMARY KEY, what TEXT);
        CREATE INDEX people_age ON people (age DESC) WHERE age > 18;
        CREATE UNIQUE INDEX "odd ""index""" ON people (lower(name), id);
        CREATE VIEW adults AS SELECT id, name FROM people WHERE age >= 18;
        CREATE TRIGGER people_log AFTER INSERT ON people BEGIN INSERT INTO log (what) VALUES ('in ' || new.name); END;
        CREATE TRIGGER adults_in INSTEAD OF INSERT ON adults BEGIN INSERT INTO people (name, age) VALUES (new.name, 18); END;
        INSERT INTO adults (name) VALUES ('Barbara');
        CREATE VIRTUAL TABLE search USING fts5 (title, body);
        INSERT INTO search VALUES ('one', 'the quick brown fox'), ('two', 'lazy dogs');
        CREATE VIRTUAL TABLE boxes USING rtree (id, x0, x1, y0, y1);
        INSERT INTO boxes VALUES (1, 0, 1, 0, 1), (2, 5, 6, 5, 6);
        CREATE TABLE docs (json TEXT CHECK (json_valid(json)));
        INSERT INTO docs VALUES ('{"a": [1, 2, null]}');
        CREATE TABLE numbers (n NUMERIC, d DATE DEFAULT CURRENT_DATE, big INT);
        INSERT INTO numbers VALUES (9223372036854775807, '2026-01-01', -9223372036854775808), (1e20, NULL, 'text in an int');
        ANALYZE;
        """";

    /// <summary>A table of a key and filler that does not compress to nothing.</summary>
    public static string Rows(string table, int count) =>
        $"CREATE TABLE {table} (a INTEGER PRIMARY KEY, b TEXT); WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) INSERT INTO {table} SELECT i, hex(randomblob(48)) FROM n;";
}
