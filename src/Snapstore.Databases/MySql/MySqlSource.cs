using System.Text;
using Snapstore.Formats;
using Snapstore.Sources;

namespace Snapstore.Databases.MySql;

/// <summary>A database, or all databases of a server, captured at one moment (spec/databases/mysql.md).</summary>
internal sealed class MySqlSource : ISource
{
    private const int Attempts = 8;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly MySqlAddress _address;
    private readonly string _database;
    private readonly DatabaseSelection _selection;

    public MySqlSource(MySqlAddress address, string database, DatabaseSelection selection)
    {
        _address = address;
        _database = database;
        _selection = selection;
    }

    /// <inheritdoc/>
    public SourceKind Kind => SourceKind.Database;

    /// <inheritdoc/>
    public byte[] Name => Encoding.UTF8.GetBytes($"mysql://{_address.Place}/{_database}");

    /// <inheritdoc/>
    public SourceFacts Facts { get; private set; } = new();

    /// <inheritdoc/>
    public void Capture(ISourceTree tree, CancellationToken cancel)
    {
        for (int attempt = 1; ; attempt++)
        {
            string? changed = CaptureOnce(tree, cancel);
            if (changed is null)
                return;
            if (attempt == Attempts)
                throw new SourceException($"{_address.Place}: {Attempts} times tables were altered, dropped or renamed while the snapshot was taken, last: {changed}; no snapshot was made; take it when no such statement runs, or leave those tables out (--exclude-table)");
            tree.StartOver();
            cancel.WaitHandle.WaitOne(Pause * attempt);
            cancel.ThrowIfCancellationRequested();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    // Null where it is done, else what changed meanwhile.
    private string? CaptureOnce(ISourceTree tree, CancellationToken cancel)
    {
        TableSelection chosen = new(_database, _selection);
        IReadOnlyList<string> databases = [];
        List<ListedTable> List(Catalog catalog)
        {
            databases = chosen.Databases(catalog.Databases());
            List<ListedTable> present = catalog.Tables(databases);
            chosen.CheckAllFound(present);
            return [.. present.Where(chosen.Includes)];
        }

        try
        {
            using SnapshotMoment? moment = SnapshotMoment.Begin(_address, List, _selection.Workers, cancel);
            if (moment is null)
                return "tables were made or dropped at its beginning";
            using CancellationTokenRegistration abort = cancel.Register(moment.Abort);
            SnapshotCapture capture = new(moment, tree, chosen, databases, cancel);
            string? changed = capture.Run();
            if (changed is null)
                Facts = new SourceFacts(capture.Facts);
            return changed;
        }
        catch (MySqlRefusal e) when (e.IsTableChanged)
        {
            return e.Message;
        }
        catch (Exception e) when (MySqlErrors.IsExplained(e))
        {
            cancel.ThrowIfCancellationRequested();
            throw MySqlErrors.Explain(e, _address, "taking the snapshot");
        }
    }
}
