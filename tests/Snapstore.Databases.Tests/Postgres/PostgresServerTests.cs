using Snapstore.Databases.Postgres;
using Snapstore.Tests;

namespace Snapstore.Databases.Tests.Postgres;

/// <summary>Where a server is and with which password: as libpq finds it.</summary>
public sealed class PostgresServerTests
{
    [Fact]
    public void The_url_goes_before_the_environment()
    {
        PostgresServer server = Of("postgres://ann@db1:5433/shop?sslmode=require", ("PGHOST", "h"), ("PGPORT", "1"), ("PGUSER", "u"), ("PGDATABASE", "d"), ("PGSSLMODE", "disable"));
        Assert.Equal(("db1", 5433, "ann", "shop", "require"), (server.Host, server.Port, server.User, server.Database, server.Tls["sslmode"]));
        Assert.Equal("postgres://db1:5433/shop", server.Name);
        Assert.Equal("postgres://%2Frun%2Fpg:5432/a%2Fb", Of("postgres://ann@%2Frun%2Fpg/a%2Fb").Name);
    }

    [Fact]
    public void What_the_url_leaves_out_comes_from_the_environment()
    {
        PostgresServer server = Of("postgres://", ("PGHOST", "h"), ("PGPORT", "1234"), ("PGUSER", "u"));
        Assert.Equal(("h", 1234, "u", "u"), (server.Host, server.Port, server.User, server.Database));
    }

    [Theory]
    [InlineData("postgres://h/d?sslmode=maybe", "sslmode maybe")]
    [InlineData("postgres://h/d?owner=keep", "only be skip")]
    [InlineData("postgres://h/d?colour=red", "parameter colour")]
    public void Parameters_that_are_not_known_are_refused(string url, string told) =>
        Assert.Contains(told, Assert.Throws<UsageException>(() => Of(url)).Message, StringComparison.Ordinal);

    [Fact]
    public void Programs_are_told_by_their_environment_alone()
    {
        Dictionary<string, string?> environment = new() { ["PATH"] = "/bin", ["PGSERVICE"] = "other", ["PGPASSFILE"] = "x", [DatabasePassword.Variable] = "s3cret" };
        Of("postgres://ann@db1/shop?sslmode=require", (DatabasePassword.Variable, "s3cret")).TellTo(environment);
        Assert.Equal(
            ["LC_ALL=C", "PATH=/bin", "PGAPPNAME=snapstore", "PGDATABASE=shop", "PGHOST=db1", "PGPASSWORD=s3cret", "PGPORT=5432", "PGSSLMODE=require", "PGUSER=ann"],
            environment.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}"));
    }

    [Fact]
    public void A_password_file_gives_the_first_that_fits()
    {
        using TemporaryFolder folder = new();
        string file = folder["pass"];
        File.WriteAllText(file, "# comment\ndb1:5432:other:ann:a\ndb1:*:sh\\:op:ann:with\\\\slash:and colon\n*:*:*:*:any\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead);

        Assert.Equal("with\\slash:and colon", PasswordOf("postgres://ann@db1/sh%3Aop", file));
        Assert.Equal("a", PasswordOf("postgres://ann@db1/other", file));
        Assert.Equal("any", PasswordOf("postgres://bob@%2Frun/x", file));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Assert.Contains("chmod 0600", Assert.Throws<UsageException>(() => PasswordOf("postgres://ann@db1/x", file)).Message, StringComparison.Ordinal);
        Assert.Null(PasswordOf("postgres://ann@db1/x", folder["none"]));
    }

    private static string? PasswordOf(string url, string file)
    {
        Dictionary<string, string?> environment = [];
        Of(url, ("PGPASSFILE", file)).TellTo(environment);
        return environment.GetValueOrDefault("PGPASSWORD");
    }

    private static PostgresServer Of(string url, params (string Name, string Value)[] variables) =>
        PostgresServer.Of(DatabaseUrl.Parse(url), name => variables.FirstOrDefault(variable => variable.Name == name).Value);
}
