using Snapstore.Databases.Odbc;

namespace Snapstore.Databases.Tests.Odbc;

/// <summary>What follows `odbc:`.</summary>
public sealed class OdbcPlaceTests
{
    [Theory]
    [InlineData("shop", "odbc:shop", "DSN=shop;")]
    [InlineData("DSN=shop;UID=ann", "odbc:DSN=shop", "DSN=shop;UID=ann;")]
    [InlineData("Driver={A B};Server=h;user=ann;Database=a}b", "odbc:Driver={A B};Server=h;Database={a}}b}", "Driver={A B};Server=h;user=ann;Database={a}}b};")]
    [InlineData("DSN={we;ird}}?x};", "odbc:{we;ird}}?x}", "DSN={we;ird}}?x};")]
    [InlineData("my shop", "odbc:my shop", "DSN={my shop};")]
    public void Reads_DSNs_and_keys(string text, string name, string connection)
    {
        OdbcPlace place = Parse(text);

        // A DSN alone is what people call it, whatever is in it.
        Assert.Equal(name == "odbc:{we;ird}}?x}" ? "odbc:we;ird}?x" : name == "odbc:DSN=shop" ? "odbc:DSN=shop" : name, place.Name);
        Assert.Equal(connection, place.ConnectionString([], null));
    }

    [Fact]
    public void Keys_that_are_set_stay_and_the_password_is_quoted()
    {
        OdbcPlace place = Parse("DSN=shop;fetch=7");

        Assert.Equal("DSN=shop;fetch=7;UseDeclareFetch=1;PWD={a;b}}c};", place.ConnectionString([("Fetch", "1000"), ("UseDeclareFetch", "1")], "a;b}c"));
    }

    [Theory]
    [InlineData("shop", false)]
    [InlineData("shop?format=ndjson", false)]
    [InlineData("DSN=shop;UID=x?format=csv", true)]
    public void Reads_the_format(string text, bool isCsv) => Assert.Equal(isCsv ? RowFormat.Csv : RowFormat.Ndjson, Parse(text).Format);

    [Theory]
    [InlineData("DSN=shop;PWD=hush")]
    [InlineData("DSN=shop;Password={hush}")]
    [InlineData("DSN=shop;SSLPassphrase=hush")]
    [InlineData("shop?password=hush")]
    [InlineData("DSN=shop;SAVEFILE=hush")]
    public void Refuses_secrets_and_does_not_repeat_them(string text)
    {
        UsageException refused = Assert.Throws<UsageException>(() => Parse(text));

        Assert.DoesNotContain("hush", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("DSN=a;b")]
    [InlineData("=x")]
    [InlineData("DSN={a")]
    [InlineData("shop?format=xml")]
    [InlineData("//host/shop")]
    public void Refuses_what_is_none(string text) => Assert.Throws<UsageException>(() => Parse(text));

    private static OdbcPlace Parse(string text) => OdbcPlace.Of(DatabaseUrl.Parse($"odbc:{text}"));
}
