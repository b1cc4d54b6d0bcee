using Snapstore.Text;

namespace Snapstore.Tests.Text;

public sealed class PrintablePathTests
{
    [Theory]
    [InlineData("2f612f62", "/a/b")]
    [InlineData("", "")]
    [InlineData("c3a9", "\u00e9")]
    [InlineData("f09f9880", "\U0001F600")]
    [InlineData("ff", @"\xff")]
    [InlineData("61c3", @"a\xc3")]
    [InlineData("eda080", @"\xed\xa0\x80")]
    [InlineData("c080", @"\xc0\x80")]
    [InlineData("5c", @"\x5c")]
    [InlineData("5c786666", @"\x5cxff")]
    [InlineData("0a", @"\x0a")]
    [InlineData("1b5b316d", @"\x1b[1m")]
    [InlineData("7f", @"\x7f")]
    [InlineData("c285", @"\xc2\x85")]
    [InlineData("e280a8", @"\xe2\x80\xa8")]
    public void Only_what_is_safe_is_printed_as_it_is(string hex, string text) =>
        Assert.Equal(text, PrintablePath.Of(Convert.FromHexString(hex)));
}
