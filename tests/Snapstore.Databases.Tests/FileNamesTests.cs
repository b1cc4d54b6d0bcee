using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Snapstore.Databases.Tests;

/// <summary>File names of objects: readable where they can be, never two alike, always usable.</summary>
public sealed class FileNamesTests
{
    [Theory]
    [InlineData("orders", "orders")]
    [InlineData("we\"ird /name", "we\"ird %2Fname")]
    [InlineData("größe 🐘", "größe 🐘")]
    [InlineData("", "%")]
    [InlineData(".", "%2E")]
    [InlineData("..", "%2E.")]
    [InlineData("a.b", "a.b")]
    [InlineData("100%", "100%25")]
    [InlineData("a\nb\0\x7f", "a%0Ab%00%7F")]
    public void Names_stay_readable(string name, string file) => Assert.Equal(file, FileNames.Of(name));

    [Fact]
    public void A_long_name_keeps_its_beginning_and_differs_from_its_neighbours()
    {
        string[] names = [.. Enumerable.Range(0, 40).Select(i => new string('é', 90 + i)), new string('/', 100), new string('/', 99) + "x"];
        string[] files = [.. names.Select(FileNames.Of)];

        Assert.Equal(names.Length, files.Distinct().Count());
        Assert.All(files, file => Assert.InRange(Encoding.UTF8.GetByteCount(file), 1, 200));
        Assert.StartsWith("éééé", files[39], StringComparison.Ordinal);
        Assert.Matches("^(%2F)+%-[0-9a-f]{32}$", files[40]);
    }

    [Fact]
    public void No_two_names_share_a_file()
    {
        Gen<string> names = Gen.Elements('a', '%', '/', '.', '2', 'F', 'u', '-', '\ud800', '\udc00').ArrayOf().Select(letters => new string(letters));
        Prop.ForAll(Arb.From(names), Arb.From(names), (a, b) => (a == b) == (FileNames.Of(a) == FileNames.Of(b)))
            .QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Paths_have_the_schema_in_the_middle()
    {
        Assert.Equal("tables/public/t.copy", FileNames.PathOf("tables", "public", "t", ".copy"));
        Assert.Equal("tables/t.copy", FileNames.PathOf("tables", "", "t", ".copy"));
    }
}
