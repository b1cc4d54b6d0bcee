using Snapstore.Browse;
using Snapstore.Sources;

namespace Snapstore.Databases;

/// <summary>A kind of database: how it is captured and how it is restored.</summary>
public interface IDatabaseEngine
{
    /// <summary>Its usual name: PostgreSQL, MariaDB, SQLite, ODBC.</summary>
    string Name { get; }

    /// <summary>The URL schemes it answers to, without the colon: `postgres`, `postgresql`.</summary>
    IReadOnlyList<string> Schemes { get; }

    /// <summary>A source for one snapshot of what the URL names; connects when it captures.</summary>
    /// <exception cref="UsageException">The URL or the selection is wrong: what is, and how it would be right.</exception>
    ISource Open(DatabaseUrl url, DatabaseSelection selection, TimeProvider time);

    /// <summary>Restores a snapshot, or a part of it, into what the URL names. In transactions wherever the engine has them: a
    /// restore that fails leaves the target as it was.</summary>
    /// <exception cref="SourceException">It failed; what state the target is in, and what to do.</exception>
    /// <exception cref="UsageException">The request is wrong, or the user did not agree: nothing was changed.</exception>
    DatabaseRestoreReport Restore(DatabaseUrl url, DatabaseRestoreRequest request, CapturedDatabase captured, CancellationToken cancel);
}

/// <summary>What of a database is captured.</summary>
public sealed record DatabaseSelection
{
    /// <summary>Tables by name (`table`, `schema.table`, with * and ?); empty for all.</summary>
    public IReadOnlyList<string> Tables { get; init; } = [];

    /// <summary>Tables left out, in the same form.</summary>
    public IReadOnlyList<string> ExcludedTables { get; init; } = [];

    /// <summary>Schemas, or databases where an engine has no schemas; empty for all.</summary>
    public IReadOnlyList<string> Schemas { get; init; } = [];

    /// <summary>Connections that read at once.</summary>
    public int Workers { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 16);
}

/// <summary>Opens the files of the snapshot that is restored; any number at once, one for each thread.</summary>
/// <param name="Open">Opens them; the caller disposes of them.</param>
/// <param name="Description">What the snapshot says of itself.</param>
public sealed record CapturedDatabase(Func<SnapshotFiles> Open, DatabaseDescription Description);
