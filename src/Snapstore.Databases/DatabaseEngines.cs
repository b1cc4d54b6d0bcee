namespace Snapstore.Databases;

/// <summary>The engines this program knows.</summary>
public static class DatabaseEngines
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<IDatabaseEngine> All { get; } =
    [
        new Postgres.PostgresEngine(),
        new MySql.MySqlEngine(),
        new Sqlite.SqliteEngine(),
        new Odbc.OdbcEngine(),
    ];

    /// <summary>The engine that answers to the scheme of a source or target; null where it is none of theirs.</summary>
    public static IDatabaseEngine? ForScheme(string? scheme) => All.FirstOrDefault(engine => engine.Schemes.Contains(scheme));

    /// <summary>The engine that took a snapshot.</summary>
    public static IDatabaseEngine? ByName(string name) => All.FirstOrDefault(engine => engine.Name == name);
}
