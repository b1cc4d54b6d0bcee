using System.Diagnostics;
using System.Globalization;
using Snapstore.Cli.Tests;

namespace Snapstore.Databases.Tests.Odbc;

/// <summary>The program with a DSN of a private odbc.ini: as users run it.</summary>
[Collection("Odbc")]
public sealed class OdbcProgramTests(OdbcServers servers) : IDisposable
{
    private const string Secret = "hush-hush";

    private readonly SnapstoreProgram _program = SnapstoreProgram.WithRepository();

    [Fact]
    public void A_DSN_is_taken_listed_and_restored()
    {
        OdbcDatabase database = servers.New("PostgreSQL");
        database.Run($"CREATE ROLE clerk LOGIN PASSWORD '{Secret}'; CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a'), (2, 'b'); ALTER TABLE t OWNER TO clerk; GRANT CREATE ON SCHEMA public TO clerk");
        WriteDsn("shop", database.Place.Replace("UID=postgres", "UID=clerk", StringComparison.Ordinal));
        string passwordFile = Path.Combine(_program.Folder, "password");
        File.WriteAllText(passwordFile, Secret + "\n");

        ProgramRun without = _program.Run("snapshot", "odbc:shop").Expect(1);
        _program.With("SNAPSTORE_DATABASE_PASSWORD_FILE", passwordFile);
        _program.Run("snapshot", "odbc:shop").Expect(0);
        Assert.Contains("odbc:shop", _program.Run("list").Expect(0).Output, StringComparison.Ordinal);
        Assert.Equal("{\"id\":\"1\",\"v\":\"a\"}\n{\"id\":\"2\",\"v\":\"b\"}\n", _program.Run("cat", "latest:/tables/public/t.ndjson").Expect(0).Output);
        database.Run("DELETE FROM t WHERE id = 1; UPDATE t SET v = 'x'");
        ProgramRun asked = _program.Run("restore", "latest", "--to", "odbc:shop", "--table", "t", "--where", "id < 9", "--apply", "upsert").Expect(2);
        _program.Run("restore", "latest", "--to", "odbc:shop", "--table", "t", "--where", "id < 9", "--apply", "upsert", "--yes", "--json").Expect(0);
        _program.Run("restore", "latest", "--to", "odbc:shop", "--table", "t", "--as", "t2", "--verify").Expect(0);

        Assert.Contains("SNAPSTORE_DATABASE_PASSWORD_FILE", without.Error, StringComparison.Ordinal);
        Assert.Contains("insert 1 rows and change 1", asked.Error, StringComparison.Ordinal);
        Assert.Equal("1|a\n2|b", database.Query("SELECT * FROM t ORDER BY id"));
        Assert.Equal("1|a\n2|b", database.Query("SELECT * FROM t2 ORDER BY id"));
    }

    [Fact]
    public void A_password_in_the_argument_is_refused()
    {
        ProgramRun refused = _program.Run("snapshot", $"odbc:DSN=shop;PWD={Secret}").Expect(2);

        Assert.DoesNotContain(Secret, refused.Error + refused.Output, StringComparison.Ordinal);
        Assert.Contains("SNAPSTORE_DATABASE_PASSWORD_FILE", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_password_is_not_repeated()
    {
        OdbcDatabase database = servers.New("PostgreSQL");
        WriteDsn("shop", database.Place.Replace("UID=postgres", "UID=nobody", StringComparison.Ordinal));

        ProgramRun refused = _program.With("SNAPSTORE_DATABASE_PASSWORD", Secret).Run("snapshot", "odbc:shop", "--json").Expect(1);

        Assert.DoesNotContain(Secret, refused.Error + refused.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PostgreSQL", "CREATE TABLE big AS SELECT i AS id, repeat(md5(i::text), 30) AS v FROM generate_series(1, 120000) i")]
    [InlineData("MariaDB", "CREATE TABLE big (id int PRIMARY KEY, v text) AS SELECT seq AS id, repeat(md5(seq), 30) AS v FROM seq_1_to_120000")]
    public void A_table_larger_than_the_memory_it_may_take(string dbms, string script)
    {
        OdbcDatabase database = servers.New(dbms);
        database.Run(script);
        WriteDsn("shop", database.Place);

        ProgramRun run = _program.RunShell($"\"$snapstore\" snapshot odbc:shop >/dev/null & p=$!; top=0; while kill -0 $p 2>/dev/null; do now=$(awk '/VmHWM/ {{print $2}}' /proc/$p/status 2>/dev/null); top=${{now:-$top}}; sleep 0.05; done; wait $p || exit 1; echo $top").Expect(0);

        // 120 MB of rows; the driver alone would hold twice that.
        Assert.InRange(long.Parse(run.Output, CultureInfo.InvariantCulture), 1, 256 << 10);
    }

    [Theory]
    [InlineData("PostgreSQL")]
    [InlineData("MariaDB")]
    public void A_restore_that_is_killed_leaves_the_target_as_it_was_and_can_be_run_again(string dbms)
    {
        OdbcDatabase from = servers.New(dbms), to = servers.New(dbms);
        from.Run("CREATE TABLE a (id int PRIMARY KEY, v varchar(50)); INSERT INTO a VALUES (1, 'v')");
        for (int doubled = 1; doubled < 100_000; doubled *= 2)
            from.Run($"INSERT INTO a SELECT id + {doubled}, v FROM a");
        to.Run("CREATE TABLE a (id int PRIMARY KEY, w varchar(50)); INSERT INTO a VALUES (7, 'w'); CREATE TABLE b (id int)");
        _program.Run("snapshot", $"odbc:{from.Place}").Expect(0);
        foreach (int milliseconds in (int[])[700, 1200, 2000])
        {
            using Process restore = _program.Start(SnapstoreProgram.File, "restore", "latest", "--to", $"odbc:{to.Place}", "--clean", "--yes");
            Thread.Sleep(milliseconds);
            if (restore.HasExited)
                break;
            restore.Kill();
            restore.WaitForExit();
            if (to.Query("SELECT count(*) FROM a") == "131072")
                break; // Its last step was done before the kill came.
            Assert.Equal("7|w", to.Query("SELECT * FROM a"));
        }

        _program.Run("restore", "latest", "--to", $"odbc:{to.Place}", "--clean", "--yes").Expect(0);

        Assert.Equal("131072", to.Query("SELECT count(v) FROM a"));
        Assert.Equal("2", to.Query($"SELECT count(*) FROM information_schema.tables WHERE table_schema = {(dbms == "MariaDB" ? "DATABASE()" : "'public'")}"));
    }

    public void Dispose() => _program.Dispose();

    // The system's odbcinst.ini stays in force, odbc.ini is ours.
    private void WriteDsn(string name, string place)
    {
        string file = Path.Combine(_program.Folder, "odbc.ini");
        string keys = string.Join('\n', place.Split(';').Select(pair => pair.Replace("{", "").Replace("}", "").Replace("UID=", "UserName=", StringComparison.Ordinal)));
        File.WriteAllText(file, $"[{name}]\n{keys}\n");
        _program.With("ODBCINI", file);
    }
}
