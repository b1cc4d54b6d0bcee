using System.Collections.Concurrent;
using System.Text;
using Snapstore.Formats;
using Snapstore.Sources;

namespace Snapstore.Databases.Postgres;

/// <summary>A PostgreSQL database as a tree: definitions as pg_dump writes them, the rows of each table as COPY gives them, all
/// of one exported snapshot (spec/databases/postgresql.md).</summary>
internal sealed class PostgresSource(PostgresServer server, DatabaseSelection wanted) : ISource
{
    /// <summary>What `consistency` says.</summary>
    public const string Consistency = "one exported snapshot";

    private readonly ConcurrentDictionary<string, Measured> _measured = new();
    private readonly List<string> _warnings = [];
    private PostgresMoment? _moment;
    private PostgresDefinitions? _definitions;

    /// <inheritdoc/>
    public SourceKind Kind => SourceKind.Database;

    /// <inheritdoc/>
    public byte[] Name { get; } = Encoding.UTF8.GetBytes(server.Name);

    /// <inheritdoc/>
    public SourceFacts Facts { get; private set; } = new();

    /// <inheritdoc/>
    public void Capture(ISourceTree tree, CancellationToken cancel)
    {
        _moment = TakeMoment(tree, cancel);
        PostgresDescriber describer = new(_moment);
        DatabaseDescription description = describer.Describe();
        _definitions!.PutInto(tree);
        PutSequences(tree);
        foreach (PostgresTable table in _moment.Selection.Tables.Where(table => table.HasRows))
            PutTable(tree, table);
        if (_moment.Selection.IsWhole)
            PutLargeObjects(tree, description);
        tree.WaitUntilRead();

        // The moment must have been held to the end: whoever joined it did so while it was.
        _ = _moment.Main.One("SELECT 'held'", "ending the snapshot");
        description = describer.Complete(description, _measured, _warnings);
        tree.Put("database.json"u8, SourceContent.Of(description.Encode()));
        Facts = new SourceFacts(PostgresDescriber.FactsOf(description));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _definitions?.Dispose();
        _moment?.Dispose();
    }

    private PostgresMoment TakeMoment(ISourceTree tree, CancellationToken cancel)
    {
        try
        {
            return PostgresMoment.Take(server, wanted, Begin, text => tree.Note("database.json"u8, text), cancel);
        }
        catch (SourceException e)
        {
            throw new SourceException($"{e.Message}; no snapshot was made", e);
        }
    }

    private void Begin(PostgresMoment moment)
    {
        _definitions?.Dispose();
        _definitions = new PostgresDefinitions(server, moment);
        _definitions.WaitForFirst();
    }

    private void PutTable(ISourceTree tree, PostgresTable table)
    {
        if (_moment!.IsUnreadable(table))
        {
            string warning = $"rows of unlogged table {table.FullName} are not captured: a standby does not have them";
            _warnings.Add(warning);
            tree.Warn(Encoding.UTF8.GetBytes(table.File), warning);
            return;
        }

        Put(tree, table.File, () => new TableRowsStream(_moment.Readers, table));
    }

    private void PutSequences(ISourceTree tree)
    {
        string statements = string.Concat(PostgresCatalog.ReadSequences(_moment!.Main, _moment.Selection.HasSequence));
        tree.Put(PostgresDefinitions.Sequences, SourceContent.Of(Encoding.UTF8.GetBytes(statements)));
    }

    private void PutLargeObjects(ISourceTree tree, DatabaseDescription description)
    {
        List<string?[]> all = _moment!.Main.Rows("SELECT oid::text FROM pg_largeobject_metadata ORDER BY oid", "listing the large objects");
        description.Properties["large_objects"] = $"{all.Count}";
        foreach (string?[] row in all)
        {
            uint oid = uint.Parse(row[0]!, System.Globalization.CultureInfo.InvariantCulture);
            tree.Put(Encoding.UTF8.GetBytes($"large-objects/{oid}"), new SourceContent(() => new LargeObjectStream(_moment.Readers, oid)));
        }

        if (all.Count > 0 && _moment.Main.Major >= 17)
            Warn(tree, "owners, grants and comments of large objects are not captured from this version of the server; their contents are");
    }

    private void Warn(ISourceTree tree, string text)
    {
        _warnings.Add(text);
        tree.Warn("large-objects"u8, text);
    }

    private void Put(ISourceTree tree, string file, Func<Stream> open) => tree.Put(
        Encoding.UTF8.GetBytes(file), new SourceContent(() => new MeasuredStream(open(), measured => _measured[file] = measured)));
}
