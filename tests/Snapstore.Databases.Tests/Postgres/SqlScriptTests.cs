using FsCheck;
using FsCheck.Fluent;
using Snapstore.Databases.Postgres;

namespace Snapstore.Databases.Tests.Postgres;

/// <summary>Scripts are cut where psql cuts them.</summary>
public sealed class SqlScriptTests
{
    [Theory]
    [InlineData("SELECT 1;", "SELECT 1")]
    [InlineData("SELECT ';'; SELECT E'\\';'; SELECT \"a;b\";", "SELECT ';'", "SELECT E'\\';'", "SELECT \"a;b\"")]
    [InlineData("SELECT 'it''s;'; SELECT '\\';", "SELECT 'it''s;'", "SELECT '\\'")]
    [InlineData("DO $$ a; $b$ ; $$; DO $b$ $$ ; $ $b$;", "DO $$ a; $b$ ; $$", "DO $b$ $$ ; $ $b$")]
    [InlineData("SELECT a$b$c; SELECT $1;", "SELECT a$b$c", "SELECT $1")]
    [InlineData("-- a;\n\\restrict x;y\n--\nSELECT -- b;\n 1 - 2;\n\\unrestrict x\n", "SELECT -- b;\n 1 - 2")]
    [InlineData("/* ; /* ; */ ; */ SELECT 1;", "/* ; /* ; */ ; */ SELECT 1")]
    [InlineData("CREATE RULE r AS ON DELETE TO t DO (SELECT 1; SELECT 2);SELECT 3;", "CREATE RULE r AS ON DELETE TO t DO (SELECT 1; SELECT 2)", "SELECT 3")]
    [InlineData("CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; SELECT 2; END; SELECT 3;", "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; SELECT 2; END", "SELECT 3")]
    [InlineData("CREATE TABLE begin (\"end\" int); BEGIN; END;", "CREATE TABLE begin (\"end\" int)", "BEGIN", "END")]
    [InlineData(";; ;", new string[0])]
    public void Statements_end_where_they_end(string script, params string[] statements) =>
        Assert.Equal(statements, SqlScript.Statements(new StringReader(script)).Select(statement => statement.Text));

    [Fact]
    public void Lines_are_counted_from_one() =>
        Assert.Equal([2, 4], SqlScript.Statements(new StringReader("\nSELECT\n1;\nSELECT 2;\n")).Select(statement => statement.Line));

    [Fact]
    public void A_statement_without_an_end_is_no_statement() =>
        Assert.Throws<SourceException>(() => SqlScript.Statements(new StringReader("SELECT 1;\nSELECT 'a;")).ToList());

    [Fact]
    public void Quoted_texts_never_end_a_statement()
    {
        Gen<string> texts = Gen.Elements('\'', '"', ';', '\\', '$', '-', '/', '*', '(', 'E', ' ', '\n', 'é').ArrayOf().Select(letters => new string(letters));
        Prop.ForAll(Arb.From(texts), text =>
        {
            string[] statements = [$"SELECT {Sql.Text(text)} AS {Sql.Name(text + "x")}", "SELECT 2"];
            return SqlScript.Statements(new StringReader(string.Join(";\n", statements) + ";")).Select(statement => statement.Text).SequenceEqual(statements);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void The_statements_of_a_database_take_another_name()
    {
        string[] statements =
        [
            "SET client_encoding = 'UTF8'", "CREATE DATABASE \"a \"\" b\" WITH TEMPLATE = template0", "ALTER DATABASE \"a \"\" b\" OWNER TO x",
            "CREATE EXTENSION hstore", "COMMENT ON DATABASE \"a \"\" b\" IS 'about DATABASE x'", "GRANT ALL ON DATABASE \"a \"\" b\" TO PUBLIC",
            "ALTER ROLE \"r\" IN DATABASE \"a \"\" b\" SET work_mem TO '1MB'",
        ];
        Assert.Equal(
            ["CREATE DATABASE \"new\" WITH TEMPLATE = template0", "ALTER DATABASE \"new\" OWNER TO x", "COMMENT ON DATABASE \"new\" IS 'about DATABASE x'", "GRANT ALL ON DATABASE \"new\" TO PUBLIC", "ALTER ROLE \"r\" IN DATABASE \"new\" SET work_mem TO '1MB'"],
            DatabaseDefinition.Of(statements, "new").Statements);
    }

    [Theory]
    [InlineData("ALTER TABLE a.b OWNER TO x", true)]
    [InlineData("ALTER FUNCTION a.\"f g\"(t text) OWNER TO \"x y\"", true)]
    [InlineData("GRANT SELECT ON TABLE a.b TO x", true)]
    [InlineData("ALTER DEFAULT PRIVILEGES FOR ROLE x GRANT SELECT ON TABLES TO y", true)]
    [InlineData("COMMENT ON TABLE a.b IS 'ALTER x OWNER TO y'", false)]
    [InlineData("ALTER TABLE a.b ADD CONSTRAINT c CHECK (v <> 'x OWNER TO y')", false)]
    public void Owners_are_told_apart(string statement, bool isOfOwners) => Assert.Equal(isOfOwners, PostgresScript.IsOfOwners(statement));
}
