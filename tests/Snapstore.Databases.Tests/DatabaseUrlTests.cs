namespace Snapstore.Databases.Tests;

/// <summary>URLs of databases say where, and never a secret.</summary>
public sealed class DatabaseUrlTests
{
    [Fact]
    public void Reads_all_parts()
    {
        DatabaseUrl url = DatabaseUrl.Parse("postgres://ann@db1.example.org:5433/shop%20floor?sslmode=require&options=a%26b");

        Assert.Equal(("postgres", "ann", "db1.example.org", 5433, "shop floor"), (url.Scheme, url.User, url.Host, url.Port, url.Path));
        Assert.Equal("require", url.Parameters["sslmode"]);
        Assert.Equal("a&b", url.Parameters["options"]);
    }

    [Theory]
    [InlineData("postgres:///shop", "", null, "shop")]
    [InlineData("mysql://[::1]:3307/", "::1", 3307, "")]
    [InlineData("postgres://%2Frun%2Fpostgresql/shop", "/run/postgresql", null, "shop")]
    [InlineData("sqlite:/srv/app.db", "", null, "/srv/app.db")]
    [InlineData("odbc:DSN=shop;UID=ann", "", null, "DSN=shop;UID=ann")]
    public void Reads_short_forms(string text, string host, int? port, string path)
    {
        DatabaseUrl url = DatabaseUrl.Parse(text);

        Assert.Equal((host, port, path), (url.Host, url.Port, url.Path));
    }

    [Theory]
    [InlineData("postgres://ann:secret@db1/shop")]
    [InlineData("mysql://db1/shop?password=secret")]
    public void Refuses_a_password_and_does_not_repeat_it(string text)
    {
        UsageException refused = Assert.Throws<UsageException>(() => DatabaseUrl.Parse(text));

        Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/srv/a:b")]
    [InlineData("relative")]
    [InlineData("c:")]
    [InlineData("./postgres:x")]
    public void A_path_is_no_url(string text) => Assert.Null(DatabaseUrl.SchemeOf(text));
}
