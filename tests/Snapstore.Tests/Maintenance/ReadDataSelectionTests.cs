using Snapstore.Maintenance;

namespace Snapstore.Tests.Maintenance;

/// <summary>Which packs `--read-data` selects.</summary>
public sealed class ReadDataSelectionTests
{
    private static readonly ObjectHash[] Hashes = [.. Enumerable.Range(0, 4000).Select(HashOf)];

    [Theory]
    [InlineData("")]
    [InlineData("0%")]
    [InlineData("-5%")]
    [InlineData("101%")]
    [InlineData("NaN%")]
    [InlineData("%")]
    [InlineData("5")]
    [InlineData("0/3")]
    [InlineData("4/3")]
    [InlineData("1/0")]
    [InlineData("-1/3")]
    [InlineData("1/99999999999")]
    [InlineData("1/2/3")]
    [InlineData("All")]
    public void Refuses_nonsense(string text) => Assert.Throws<UsageException>(() => ReadDataSelection.Parse(text));

    [Fact]
    public void Parts_share_all_packs_among_them()
    {
        ReadDataSelection[] parts = [.. Enumerable.Range(1, 7).Select(n => ReadDataSelection.Parse($"{n}/7"))];
        Assert.All(Hashes, hash => Assert.Single(parts, part => part.Includes(hash)));
    }

    [Fact]
    public void A_percentage_takes_about_that_many_and_others_the_next_time()
    {
        ReadDataSelection first = ReadDataSelection.Parse("12.5%");
        ReadDataSelection second = ReadDataSelection.Parse("12.5%");
        Assert.InRange(Hashes.Count(h => first.Includes(h)), 400, 600);
        Assert.Contains(Hashes, h => first.Includes(h) != second.Includes(h));
    }

    [Fact]
    public void All_is_all_and_none_is_none()
    {
        Assert.All(Hashes, hash => Assert.True(ReadDataSelection.Parse("all").Includes(hash)));
        Assert.All(Hashes, hash => Assert.True(ReadDataSelection.Parse("100%").Includes(hash)));
        Assert.All(Hashes, hash => Assert.False(ReadDataSelection.None.Includes(hash)));
        Assert.True(ReadDataSelection.None.IsNone);
        Assert.False(ReadDataSelection.Parse("1/7").IsNone);
    }

    private static ObjectHash HashOf(int number) => Snapstore.Repositories.Repository.HashOf(BitConverter.GetBytes(number));
}
