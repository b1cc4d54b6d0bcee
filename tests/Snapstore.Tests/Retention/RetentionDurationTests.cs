using Snapstore.Retention;
using Snapstore.Tests.Formats;

namespace Snapstore.Tests.Retention;

public sealed class RetentionDurationTests
{
    [Theory]
    [InlineData("1y5m7d2h", 1, 5, 0, 7, 2, "1y5m7d2h")]
    [InlineData("1d1y", 1, 0, 0, 1, 0, "1y1d")]
    [InlineData("2h3d4w5m6y", 6, 5, 4, 3, 2, "6y5m4w3d2h")]
    [InlineData("30d", 0, 0, 0, 30, 0, "30d")]
    [InlineData("007w", 0, 0, 7, 0, 0, "7w")]
    [InlineData("2147483647h", 0, 0, 0, 0, int.MaxValue, "2147483647h")]
    [InlineData("0d", 0, 0, 0, 0, 0, "0h")]
    public void Reads(string text, int years, int months, int weeks, int days, int hours, string again)
    {
        RetentionDuration duration = RetentionDuration.Parse(text);
        Assert.Equal(new RetentionDuration(years, months, weeks, days, hours), duration);
        Assert.Equal(again, duration.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("5")]
    [InlineData("d")]
    [InlineData("1x")]
    [InlineData("1Y")]
    [InlineData("-1d")]
    [InlineData("+1d")]
    [InlineData("1.5d")]
    [InlineData("1d ")]
    [InlineData(" 1d")]
    [InlineData("1d 2h")]
    [InlineData("1d2")]
    [InlineData("1d1d")]
    [InlineData("٣d")]
    [InlineData("2147483648d")]
    [InlineData("99999999999999999999999999999999y")]
    public void Refuses(string? text)
    {
        Assert.False(RetentionDuration.TryParse(text, out RetentionDuration duration));
        Assert.True(duration.IsZero);
        if (text is not null)
            Assert.Contains($"'{text}'", Assert.Throws<UsageException>(() => RetentionDuration.Parse(text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Is_never_negative() => Assert.Throws<ArgumentOutOfRangeException>(() => new RetentionDuration(days: -1));

    [Fact]
    public void Is_zero_only_without_any_amount()
    {
        Assert.True(default(RetentionDuration).IsZero);
        Assert.True(RetentionDuration.Parse("0y0h").IsZero);
        Assert.False(RetentionDuration.Parse("1h").IsZero);
    }

    [Fact]
    public void Text_reads_back() => SeededValues.ForAll(values =>
    {
        RetentionDuration duration = new(Amount(values), Amount(values), Amount(values), Amount(values), Amount(values));
        Assert.Equal(duration, RetentionDuration.Parse(duration.ToString()));
    });

    private static int Amount(SeededValues values) => values.Bool() ? 0 : values.Int(int.MaxValue);
}
