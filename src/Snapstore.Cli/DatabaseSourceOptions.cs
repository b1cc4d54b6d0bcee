using System.CommandLine;
using Snapstore.Databases;
using Snapstore.Sources;

namespace Snapstore.Cli;

/// <summary>The sources of `snapshot` that are databases, and the options about them.</summary>
internal sealed class DatabaseSourceOptions
{
    private readonly Option<string[]> _tables = Declare.Texts("--table", "TABLE", "Of a database: only these tables (with * and ?)");
    private readonly Option<string[]> _excludedTables = Declare.Texts("--exclude-table", "TABLE", "Of a database: not these tables");
    private readonly Option<string[]> _schemas = Declare.Texts("--schema", "SCHEMA", "Of a database: only these schemas");

    private Option[] All => [_tables, _excludedTables, _schemas];

    /// <summary>The URL among the sources that names a database; null where there is none.</summary>
    /// <exception cref="UsageException">It stands beside other sources, or names an engine that does not exist.</exception>
    public static string? Find(string[] sources)
    {
        string? url = sources.FirstOrDefault(IsDatabase);
        if (url is not null && sources.Length > 1)
            throw new UsageException($"the source {Shown(url)} stands alone: one database makes one snapshot");
        return url;
    }

    /// <summary>Declares them.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in All)
            command.Options.Add(option);
    }

    /// <summary>Refuses them for a source that is no database.</summary>
    /// <exception cref="UsageException">One is given.</exception>
    public void RefuseGiven(CommandContext context)
    {
        if (All.FirstOrDefault(option => context.Parsed.GetResult(option) is { Implicit: false }) is { } given)
            throw new UsageException($"{given.Name} is about databases; the source is none");
    }

    /// <summary>The source for one snapshot.</summary>
    public ISource Open(CommandContext context, string text)
    {
        DatabaseUrl url = DatabaseUrl.Parse(text);
        DatabaseSelection selection = new()
        {
            Tables = context.Values(_tables),
            ExcludedTables = context.Values(_excludedTables),
            Schemas = context.Values(_schemas),
        };
        return EngineOf(url).Open(url, selection, context.Time);
    }

    /// <summary>The engine that a URL names.</summary>
    public static IDatabaseEngine EngineOf(DatabaseUrl url) => DatabaseEngines.ForScheme(url.Scheme)
        ?? throw new UsageException($"no database is reached by {url.Scheme}: the schemes are {Schemes()}");

    private static bool IsDatabase(string source)
    {
        string? scheme = DatabaseUrl.SchemeOf(source);
        return scheme is not null && (DatabaseEngines.ForScheme(scheme) is not null || source.AsSpan(scheme.Length).StartsWith("://"));
    }

    private static string Schemes() => string.Join(", ", DatabaseEngines.All.SelectMany(engine => engine.Schemes));

    // What follows the scheme may hold a secret that does not belong there.
    private static string Shown(string url) => $"{DatabaseUrl.SchemeOf(url)}:...";
}
