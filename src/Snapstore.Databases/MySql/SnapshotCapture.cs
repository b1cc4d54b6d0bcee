using System.Text;
using Snapstore.Formats;
using Snapstore.Sources;

namespace Snapstore.Databases.MySql;

/// <summary>Puts what a moment shows into the tree of a snapshot.</summary>
internal sealed class SnapshotCapture(
    SnapshotMoment moment, ISourceTree tree, TableSelection chosen, IReadOnlyList<string> databases, CancellationToken cancel)
{
    private readonly TableReads _reads = new(moment, cancel);
    private readonly List<TableDescription> _tables = [];
    private readonly List<Measured?> _measured = [];
    private readonly List<ObjectDescription> _objects = [];
    private readonly List<(string Path, string Text)> _warnings = [];
    private readonly List<(string Path, string Text)> _notes = [];

    /// <summary>What the manifest says, once all is captured.</summary>
    public DatabaseFacts Facts { get; private set; } = new() { Engine = MySqlEngine.EngineName };

    /// <summary>Captures; null where it is done, else what changed meanwhile.</summary>
    public string? Run()
    {
        try
        {
            return Capture();
        }
        finally
        {
            _reads.GiveUp();
        }
    }

    private string? Capture()
    {
        Warn("", moment.Warnings);
        foreach (string database in databases)
            CaptureDatabase(database, chosen.IsServer ? $"{FileNames.Of(database)}/" : "");
        if (!chosen.IsOfTables)
            CaptureUsers();
        tree.WaitUntilRead();
        if (_reads.Changed is { } changed)
            return changed;
        DatabaseDescription description = Describe();
        tree.Put(Encoding.UTF8.GetBytes(DatabaseDescription.FileName), SourceContent.Of(description.Encode()));
        foreach ((string path, string text) in _warnings)
            tree.Warn(Encoding.UTF8.GetBytes(path), text);
        foreach ((string path, string text) in _notes)
            tree.Note(Encoding.UTF8.GetBytes(path), text);
        Facts = FactsOf(description);
        return null;
    }

    private void CaptureDatabase(string database, string folder)
    {
        List<ListedTable> listed = [.. moment.Tables.Where(table => table.Database == database)];
        List<MySqlTable> tables;
        List<CapturedObject> objects;
        lock (moment.Catalog.Lock)
        {
            CheckReadable(listed);
            bool canHaveHistory = moment.CatalogConnection.IsMariaDb && moment.CatalogConnection.IsAtLeast(10, 11);
            tables = [.. moment.Catalog.Describe(database, [.. listed.Where(table => table.IsTable)], canHaveHistory)];
            objects = ReadObjects(database, folder, listed);
            Warn(folder, PrivilegeCheck.Warnings(moment.CatalogConnection, database));
            (string characterSet, string collation) = moment.Catalog.CharacterSetOf(database);
            PutDefinition($"{folder}database.sql", Encoding.UTF8.GetBytes($"CREATE DATABASE {Sql.Name(database)} CHARACTER SET {characterSet} COLLATE {collation}\n"));
            _objects.Add(new ObjectDescription("database", SchemaOf(database), database, $"{folder}database.sql"));
        }

        foreach (CapturedObject item in objects)
            PutObject(item, folder);
        foreach (MySqlTable table in tables.OrderBy(table => table.Listed.IsTransactional))
            PutTable(table, folder, objects);
    }

    private static void CheckReadable(List<ListedTable> listed)
    {
        foreach (ListedTable table in listed.Where(table => table.IsTable && table.Engine.Length == 0))
            throw new MySqlRefusal(MySqlRefusal.DefinitionChanged, $"table {table.Title} cannot be opened ({table.Comment})");
    }

    private List<CapturedObject> ReadObjects(string database, string folder, List<ListedTable> listed)
    {
        ObjectReader reader = new(moment.CatalogConnection, database, text => Warn(folder, [text]));
        return chosen.IsOfTables
            ? [.. reader.ReadViews(listed), .. reader.ReadTriggersOf(listed)]
            : [.. reader.Read(listed)];
    }

    private void CaptureUsers()
    {
        IReadOnlyList<CapturedObject>? users;
        lock (moment.Catalog.Lock)
            users = new UserReader(moment.CatalogConnection, text => _notes.Add(("", text))).Read();
        if (users is null)
            _notes.Add(("", "users and their privileges are not in the snapshot: the user may not read them (SELECT on mysql.*)"));
        foreach (CapturedObject user in users ?? [])
            PutObject(user, "");
    }

    private void PutObject(CapturedObject item, string folder)
    {
        string path = folder + item.Path;
        PutDefinition(path, item.Definition.Encode());
        _objects.Add(new ObjectDescription(item.Kind, item.Database.Length == 0 ? "" : SchemaOf(item.Database), item.Name, path));
    }

    private void PutTable(MySqlTable table, string folder, List<CapturedObject> objects)
    {
        string definition = folder + FileNames.PathOf("tables", "", table.Listed.Name, ".sql");
        string rows = folder + FileNames.PathOf("tables", "", table.Listed.Name, ".tsv");
        PutDefinition(definition, new DefinitionText([], table.Definition).Encode());
        int index = _tables.Count;
        _measured.Add(null);
        _tables.Add(Describe(table, definition, table.Listed.HasRows ? rows : null, objects));
        if (table.Listed.HasRows)
            tree.Put(Encoding.UTF8.GetBytes(rows), new SourceContent(_reads.Prepare(table, read => _measured[index] = read)));
        else
            _notes.Add((definition, $"the engine {table.Listed.Engine} keeps no rows of its own: only the definition is in the snapshot"));
        if (table.Listed.Kind == "SYSTEM VERSIONED" && !table.HasHistory)
            Warn(rows, ["the earlier versions of its rows are not in the snapshot: this server cannot take them back (MariaDB 10.11 can, for versions by time)"]);
    }

    private TableDescription Describe(MySqlTable table, string definition, string? rows, List<CapturedObject> objects)
    {
        TableDescription description = new()
        {
            Schema = SchemaOf(table.Listed.Database),
            Name = table.Listed.Name,
            File = rows,
            Definition = definition,
            Columns = [.. table.Columns.Select(column => new ColumnDescription(column.Name, column.Type, column.IsNullable))],
            Key = table.Key,
            Order = table.Order.Length > 0 ? "key" : "heap",
        };
        description.Properties["engine"] = table.Listed.Engine;
        description.Properties["forms"] = string.Join(' ', table.Columns.Select(column => column.Form));
        if (table.Order.Length > 0)
            description.Properties["order"] = table.Order.Trim();
        if (table.HasHistory)
            description.Properties["history"] = "true";

        // No name holds a NUL.
        string triggers = string.Join('\0', objects.Where(item => item.Kind == "trigger" && item.Table == table.Listed.Name).Select(item => item.Name));
        if (triggers.Length > 0)
            description.Properties["triggers"] = triggers;
        return description;
    }

    private DatabaseDescription Describe() => new()
    {
        Engine = MySqlEngine.EngineName,
        Version = moment.CatalogConnection.Version,
        Database = chosen.IsServer ? "" : databases[0],
        Consistency = moment.Consistency,
        Position = moment.Position,
        Properties = new() { ["product"] = moment.CatalogConnection.IsMariaDb ? "MariaDB" : "MySQL" },
        Tables = [.. _tables.Select((table, i) => _measured[i] is { } read ? table with { Rows = read.Lines, Bytes = read.Bytes, Checksum = read.Checksum } : table)],
        Objects = _objects,
        Warnings = [.. _warnings.Select(warning => warning.Text)],
    };

    private static DatabaseFacts FactsOf(DatabaseDescription description) => new()
    {
        Engine = description.Properties["product"],
        Version = description.Version,
        Consistency = description.Consistency,
        Position = [.. description.Position.Select(pair => (pair.Key, pair.Value))],
        Tables = description.Tables.Count(table => table.File is not null),
        Rows = description.Tables.Sum(table => table.Rows),
    };

    private string SchemaOf(string database) => chosen.IsServer ? database : "";

    private void PutDefinition(string path, byte[] content) => tree.Put(Encoding.UTF8.GetBytes(path), SourceContent.Of(content));

    private void Warn(string path, IEnumerable<string> texts) => _warnings.AddRange(texts.Select(text => (path, text)));
}
