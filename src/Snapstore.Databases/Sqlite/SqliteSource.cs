using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Snapstore.Formats;
using Snapstore.Posix;
using Snapstore.Sources;

namespace Snapstore.Databases.Sqlite;

/// <summary>A SQLite database: its file as of one moment, its definitions as text, and its description.</summary>
/// <param name="path">Where it is, absolute, with symbolic links resolved.</param>
/// <param name="wait">How long a lock of others is waited for.</param>
internal sealed class SqliteSource(string path, TimeSpan wait) : ISource
{
    /// <summary>The file of all definitions.</summary>
    public const string SchemaFile = "schema.sql";

    /// <summary>The property that names the file of the database in the snapshot.</summary>
    public const string FileProperty = "file";

    /// <summary>The properties that hold the file's length and its BLAKE3 hash.</summary>
    public const string BytesProperty = "bytes", ChecksumProperty = "checksum";

    private SqlitePages? _pages;
    private Measured _measured;

    public SourceKind Kind => SourceKind.Database;

    public byte[] Name => Encoding.UTF8.GetBytes($"sqlite:{path}");

    public SourceFacts Facts { get; private set; } = new();

    public void Capture(ISourceTree tree, CancellationToken cancel)
    {
        try
        {
            Take(tree, cancel);
        }
        catch (SqliteException e)
        {
            cancel.ThrowIfCancellationRequested();
            throw e.ToSource(path);
        }
        catch (IOException e)
        {
            throw new SourceException($"sqlite:{path}: {e.Message}; no snapshot was made", e);
        }
    }

    public void Dispose() => _pages?.Dispose();

    private void Take(ISourceTree tree, CancellationToken cancel)
    {
        string file = FileInTree();
        FileHandle handle = OpenFile();
        SqlitePages pages = _pages = SqlitePages.Open(Encoding.UTF8.GetBytes(path), handle, wait, mayRollBack: true);
        tree.Put(Encoding.UTF8.GetBytes(file), new SourceContent(() => new MeasuredStream(new SqlitePageStream(pages), m => _measured = m)) { IsPaged = true });
        // Counted under the transaction whose pages are being read meanwhile.
        (DatabaseDescription description, byte[] schema) = Describe(pages, file, cancel);
        tree.WaitUntilRead();
        pages.ThrowIfMoved();
        description.Properties[BytesProperty] = _measured.Bytes.ToString(CultureInfo.InvariantCulture);
        description.Properties[ChecksumProperty] = _measured.Checksum;
        _pages = null;
        pages.Dispose();
        tree.Put(Encoding.UTF8.GetBytes(SchemaFile), SourceContent.Of(schema));
        tree.Put(Encoding.UTF8.GetBytes(DatabaseDescription.FileName), SourceContent.Of(description.Encode()));
        Facts = new SourceFacts(new DatabaseFacts
        {
            Engine = SqliteEngine.EngineName,
            Version = description.Version,
            Consistency = description.Consistency,
            Position = [.. description.Position.Select(pair => (pair.Key, pair.Value))],
            Tables = description.Tables.Count,
            Rows = description.Tables.Sum(table => table.Rows),
        });
    }

    private (DatabaseDescription Description, byte[] Schema) Describe(SqlitePages pages, string file, CancellationToken cancel)
    {
        SqliteConnection connection = pages.Connection;
        using CancellationTokenRegistration stop = cancel.Register(connection.Interrupt);
        DatabaseDescription description = new()
        {
            Engine = SqliteEngine.EngineName,
            Version = SqliteConnection.LibraryVersion,
            Database = Path.GetFileName(path),
            Consistency = "one read transaction",
            Position = new() { ["change_counter"] = ChangeCounter(pages), ["schema_version"] = connection.Text("PRAGMA schema_version") },
            Properties = Properties(pages, file),
            Tables = [.. SqliteCatalog.Tables(connection, "main", cancel).Select(table => table with { File = file })],
            Objects = SqliteCatalog.Objects(connection),
        };
        return (description, SqliteCatalog.Schema(connection));
    }

    // Bytes 24 to 27 of the header; under a WAL it moves at checkpoints and not with every commit.
    private static string ChangeCounter(SqlitePages pages)
    {
        byte[] counter = new byte[4];
        return pages.Read(24, counter) < counter.Length ? "0" : BinaryPrimitives.ReadUInt32BigEndian(counter).ToString(CultureInfo.InvariantCulture);
    }

    private static SortedDictionary<string, string> Properties(SqlitePages pages, string file)
    {
        SortedDictionary<string, string> properties = new()
        {
            [FileProperty] = file,
            ["journal_mode"] = pages.JournalMode,
            ["page_count"] = pages.PageCount.ToString(CultureInfo.InvariantCulture),
        };
        foreach (string name in (string[])["page_size", "encoding", "user_version", "application_id", "auto_vacuum"])
            properties[name] = pages.Connection.Text($"PRAGMA {name}");
        return properties;
    }

    private FileHandle OpenFile()
    {
        FileHandle file = StillFile.Open(Encoding.UTF8.GetBytes(path));
        try
        {
            Span<byte> start = stackalloc byte[16];
            int length = file.Stat().Kind == FileKind.File ? file.Read(0, start) : -1;
            // An empty file is an empty database.
            return length == 0 || SqliteFiles.IsDatabase(start[..Math.Max(length, 0)])
                ? file
                : throw new SourceException(SqliteException.NoDatabaseText(path));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    // The names of the snapshot's own files are taken.
    private string FileInTree()
    {
        string name = Path.GetFileName(path);
        return name is SchemaFile or DatabaseDescription.FileName ? name + ".sqlite" : name;
    }
}
