using Snapstore.Backup;
using Snapstore.Databases.Odbc;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Sources;

namespace Snapstore.Databases.Tests.Odbc;

/// <summary>What goes wrong is said, and no snapshot is made.</summary>
[Collection("Odbc")]
public sealed class OdbcFailureTests(OdbcServers servers)
{
    private readonly OdbcWorld _world = new();

    [Theory]
    [InlineData("nosuchdsn", "odbc.ini")]
    [InlineData("Driver={No Such Driver};Server=x", "drivers")]
    [InlineData("Driver={PostgreSQL Unicode};Servername=127.0.0.1;Port=1;Database=x;UID=y", "server is up")]
    [InlineData("Driver={MariaDB Unicode};Server=127.0.0.1;Port=1;Database=x;UID=y", "server is up")]
    [InlineData("Driver=SQLite3;Database=/nonexistent/folder/x.db", "cannot be connected to")]
    public void What_cannot_be_connected_to(string place, string advice)
    {
        SourceException failed = Assert.Throws<SourceException>(() => _world.TakeFrom(place));

        Assert.Contains(advice, failed.Message, StringComparison.Ordinal);
        _world.Repository.AssertNoSnapshot();
    }

    [Fact]
    public void A_SQLite_file_that_is_not_there_is_not_made()
    {
        OdbcSqliteDatabase database = (OdbcSqliteDatabase)servers.New("SQLite");

        Assert.Throws<SourceException>(() => _world.Take(database));

        Assert.False(File.Exists(database.File));
    }

    [Fact]
    public void Row_security_fails_the_snapshot_instead_of_hiding_rows()
    {
        OdbcDatabase database = servers.New("PostgreSQL");
        database.Run("CREATE ROLE limited LOGIN PASSWORD 'hush;}'; CREATE TABLE t (id int, who name); INSERT INTO t VALUES (1, 'limited'), (2, 'x'); GRANT SELECT ON t TO limited; ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (who = current_user)");
        string place = database.Place.Replace("UID=postgres", "UID=limited", StringComparison.Ordinal);

        SourceException wrong = WithPassword("wrong-hush", () => Assert.Throws<SourceException>(() => _world.TakeFrom(place)));
        SourceException hidden = WithPassword("hush;}", () => Assert.Throws<SourceException>(() => _world.TakeFrom(place)));
        database.Run("CREATE TABLE secret (a int)");
        SourceException noRight = WithPassword("hush;}", () => Assert.Throws<SourceException>(() => _world.TakeFrom(place, new DatabaseSelection { Tables = ["secret"] })));

        Assert.Contains("SNAPSTORE_DATABASE_PASSWORD_FILE", wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("row-level security", hidden.Message, StringComparison.Ordinal);
        Assert.Contains("permission denied", noRight.Message, StringComparison.Ordinal);
        Assert.Contains("--exclude-table", noRight.Message, StringComparison.Ordinal);
        _world.Repository.AssertNoSnapshot();
    }

    [Theory]
    [InlineData("PostgreSQL")]
    [InlineData("MariaDB")]
    public void A_server_that_dies_in_the_middle_leaves_no_snapshot(string dbms)
    {
        using OdbcServer server = OdbcServers.Own(dbms);
        OdbcDatabase database = server.New("doomed");
        database.Run("CREATE TABLE a (id int PRIMARY KEY, v varchar(100))");
        string rows = string.Join(',', Enumerable.Range(1, 500).Select(i => $"({i}, '{new string('x', 90)}')"));
        database.Run($"INSERT INTO a VALUES {rows}");
        for (int doubled = 500; doubled < 60_000; doubled *= 2)
            database.Run($"INSERT INTO a SELECT id + {doubled}, v FROM a");
        database.Run("CREATE TABLE b (id int); INSERT INTO b VALUES (1)");

        using Repository repository = _world.Repository.Open();
        using ISource source = new OdbcEngine().Open(DatabaseUrl.Parse($"odbc:{database.Place}"), new DatabaseSelection(), TimeProvider.System);
        using Interrupted interrupted = new(source, server.Kill);
        SourceException failed = Assert.Throws<SourceException>(() => SourceBackup.Run(repository, interrupted, _world.Repository.Options, new RunProgress(), TimeProvider.System, default));

        Assert.NotEqual("", failed.Message);
        _world.Repository.AssertNoSnapshot();
    }

    [Fact]
    public void Giving_up_in_the_middle_leaves_no_snapshot()
    {
        OdbcDatabase database = servers.New("PostgreSQL");
        database.Run("CREATE TABLE a AS SELECT i AS id, repeat('x', 90) AS v FROM generate_series(1, 60000) i");
        using CancellationTokenSource cancel = new();

        using Repository repository = _world.Repository.Open();
        using ISource source = new OdbcEngine().Open(DatabaseUrl.Parse($"odbc:{database.Place}"), new DatabaseSelection(), TimeProvider.System);
        using Interrupted interrupted = new(source, cancel.Cancel);
        Assert.ThrowsAny<OperationCanceledException>(() => SourceBackup.Run(repository, interrupted, _world.Repository.Options, new RunProgress(), TimeProvider.System, cancel.Token));

        _world.Repository.AssertNoSnapshot();
    }

    [Fact]
    public void An_unknown_table_or_schema()
    {
        OdbcDatabase database = servers.New("PostgreSQL");
        database.Run("CREATE TABLE t (a int)");

        Assert.Contains("has no table nope", Assert.Throws<UsageException>(() => _world.Take(database, "", new DatabaseSelection { Tables = ["nope"] })).Message, StringComparison.Ordinal);
        Assert.Throws<UsageException>(() => _world.Take(database, "", new DatabaseSelection { Schemas = ["nope"] }));
        _world.Repository.AssertNoSnapshot();
    }

    [Fact]
    public void Tables_are_chosen_and_left_out()
    {
        OdbcDatabase database = servers.New("PostgreSQL");
        database.Run("CREATE SCHEMA s; CREATE TABLE public.a1 (a int); CREATE TABLE public.a2 (a int); CREATE TABLE s.a1 (a int); CREATE TABLE s.b (a int)");
        string[] Names(DatabaseSelection selection) => [.. _world.Describe(_world.Take(database, "", selection)).Tables.Select(table => $"{table.Schema}.{table.Name}")];

        Assert.Equal(["public.a1", "public.a2", "s.a1"], Names(new DatabaseSelection { Tables = ["a*"] }));
        Assert.Equal(["s.a1", "s.b"], Names(new DatabaseSelection { Schemas = ["s"] }));
        Assert.Equal(["public.a1", "s.b"], Names(new DatabaseSelection { ExcludedTables = ["a2", "s.a?"] }));
    }

    [Fact]
    public void What_ODBC_leaves_out_is_said()
    {
        OdbcDatabase postgres = servers.New("PostgreSQL"), sqlite = servers.New("SQLite"), mariaDb = servers.New("MariaDB");
        postgres.Run("SELECT lo_from_bytea(0, 'x')");
        sqlite.Run("CREATE VIRTUAL TABLE f USING fts5 (a); CREATE TABLE t (a)");
        mariaDb.Run("CREATE TABLE m (a int) ENGINE = MyISAM; CREATE TABLE h (a int) WITH SYSTEM VERSIONING");

        Assert.Contains(_world.Take(postgres).Warnings, warning => warning.Contains("large object", StringComparison.Ordinal));
        Assert.Contains(_world.Take(sqlite).Warnings, warning => warning.Contains("virtual table", StringComparison.Ordinal));
        BackupReport both = _world.Take(mariaDb);
        Assert.Contains(both.Warnings, warning => warning.Contains("no transactions", StringComparison.Ordinal));
        Assert.Contains(both.Warnings, warning => warning.Contains("history", StringComparison.Ordinal));
        Assert.Equal(2, _world.Describe(both).Warnings.Count);
    }

    [Fact]
    public void Partitions_are_one_table_and_children_of_a_parent_are_not_read_twice()
    {
        OdbcDatabase from = servers.New("PostgreSQL"), to = servers.New("PostgreSQL");
        from.Run("CREATE TABLE p (id int, d int) PARTITION BY RANGE (d); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10); CREATE TABLE p2 PARTITION OF p DEFAULT; INSERT INTO p VALUES (1, 1), (2, 20); CREATE TABLE parent (id int); CREATE TABLE child (e int) INHERITS (parent); INSERT INTO parent VALUES (1); INSERT INTO child VALUES (2, 3)");

        BackupReport report = _world.Take(from);
        _world.RestoreAll(report, to);

        Assert.Equal(["child", "p", "parent"], _world.Describe(report).Tables.Select(table => table.Name));
        Assert.Equal("1|1|2", to.Query("SELECT (SELECT count(*) FROM parent), (SELECT count(*) FROM child), (SELECT count(*) FROM p)"));
    }

    private static T WithPassword<T>(string password, Func<T> work)
    {
        Environment.SetEnvironmentVariable("SNAPSTORE_DATABASE_PASSWORD", password);
        try
        {
            return work();
        }
        finally
        {
            Environment.SetEnvironmentVariable("SNAPSTORE_DATABASE_PASSWORD", null);
        }
    }

    /// <summary>Something happens once the first 100 KB of rows are read.</summary>
    private sealed class Interrupted(ISource inner, Action happens) : ISource, ISourceTree
    {
        private ISourceTree? _tree;

        public SourceKind Kind => inner.Kind;

        public byte[] Name => inner.Name;

        public SourceFacts Facts => inner.Facts;

        public void Capture(ISourceTree tree, CancellationToken cancel)
        {
            _tree = tree;
            inner.Capture(this, cancel);
        }

        public void Add(ReadOnlySpan<byte> path, TreeEntry entry) => _tree!.Add(path, entry);

        public void Put(ReadOnlySpan<byte> path, SourceContent content) =>
            _tree!.Put(path, path.EndsWith("a.ndjson"u8) ? content with { Open = () => new InterruptedStream(content.Open(), happens) } : content);

        public Stream Begin(ReadOnlySpan<byte> path, WrittenContent content) => _tree!.Begin(path, content);

        public bool Link(ReadOnlySpan<byte> path, ReadOnlySpan<byte> existing) => _tree!.Link(path, existing);

        public bool Remove(ReadOnlySpan<byte> path) => _tree!.Remove(path);

        public bool Move(ReadOnlySpan<byte> path, ReadOnlySpan<byte> target) => _tree!.Move(path, target);

        public void WaitUntilRead() => _tree!.WaitUntilRead();

        public void StartOver() => _tree!.StartOver();

        public void Warn(ReadOnlySpan<byte> path, string problem) => _tree!.Warn(path, problem);

        public void Note(ReadOnlySpan<byte> path, string text) => _tree!.Note(path, text);

        public void Dispose()
        {
        }
    }

    private sealed class InterruptedStream(Stream inner, Action happens) : MemoryStream
    {
        private long _read;

        public override int Read(Span<byte> buffer)
        {
            int count = inner.Read(buffer.Length > 10_000 ? buffer[..10_000] : buffer);
            if (_read < 100_000 && _read + count >= 100_000)
                happens();
            _read += count;
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
