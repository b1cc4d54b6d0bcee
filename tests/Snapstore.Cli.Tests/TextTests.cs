using System.Text;

namespace Snapstore.Cli.Tests;

public sealed class TextTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1000, "0.98 KiB")]
    [InlineData(1536, "1.50 KiB")]
    [InlineData(15_360, "15.0 KiB")]
    [InlineData(153_600, "150 KiB")]
    [InlineData(1L << 40, "1.00 TiB")]
    [InlineData(long.MaxValue, "8.00 EiB")]
    public void Sizes_have_three_digits_and_a_binary_unit(long bytes, string text) => Assert.Equal(text, Quantity.Bytes(bytes));

    [Theory]
    [InlineData("100", 100)]
    [InlineData("10K", 10_240)]
    [InlineData("10KiB", 10_240)]
    [InlineData("1.5MB", 1_572_864)]
    [InlineData("2g", 2L << 30)]
    public void Sizes_are_read_in_binary_units(string text, long bytes) => Assert.Equal(bytes, Quantity.ParseBytes(text));

    [Theory]
    [InlineData("")]
    [InlineData("K")]
    [InlineData("-1")]
    [InlineData("1X")]
    [InlineData("1KK")]
    [InlineData("99999999999999999999T")]
    public void What_is_no_size_is_refused(string text) => Assert.Throws<UsageException>(() => Quantity.ParseBytes(text));

    [Fact]
    public void Any_bytes_survive_as_text()
    {
        byte[] all = [.. Enumerable.Range(0, 256).Select(i => (byte)i), .. "ä€😀\ufffd"u8, 0xed, 0xa0, 0x80, 0xf0, 0x9f, 0x98];
        Assert.Equal(all, RawText.ToBytes(RawText.FromBytes(all)));
        Assert.Equal("ä€😀", RawText.FromBytes("ä€😀"u8));
    }

    [Fact]
    public void A_progress_line_tells_what_is_left_and_fits()
    {
        ProgressState state = new(1234, "files", 1 << 30, 3L << 30, 2, [.. "/home/"u8, 0xff, .. "\n/file"u8]);
        string line = ProgressLine.Format(state, 100 << 20, 200);
        Assert.StartsWith("1,234 files, 1.00 GiB of 3.00 GiB (33%), 100 MiB/s, 0:20 left, 2 warnings  /home/", line, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', line);
        for (int width = 5; width < 120; width++)
            Assert.True(ProgressLine.Format(state, 100 << 20, width).Length < width);
    }

    [Theory]
    [InlineData(null, 5)]
    [InlineData("nonsense", 5)]
    [InlineData("0", 0)]
    [InlineData("0.5", 0.5)]
    [InlineData("1000", 60)]
    public void Frames_a_second_come_from_the_environment(string? text, double expected) =>
        Assert.Equal(expected, ProgressLine.FramesPerSecond(text));

    [Fact]
    public void Words_behind_two_dashes_are_the_command_only_with_exec()
    {
        ProgramArguments command = ProgramArguments.Read(["snapshot", "exec:", "--name", "x", "--", "a", "--", "b"]);
        Assert.Equal(["a", "--", "b"], command.Command);
        Assert.Equal(4, command.Parsed.Count);
        Assert.Empty(ProgramArguments.Read(["snapshot", "--", "-file", "exec:"]).Command);
    }

    [Fact]
    public void Columns_line_up()
    {
        string[] lines = [.. TextTable.Lines([["a", "1", "x"], ["bb", "22", ""]], false, true, false)];
        Assert.Equal(["  a    1  x", "  bb  22"], lines);
    }

    [Fact]
    public void Control_characters_of_strangers_are_shown_not_sent() => Assert.Equal("a\\x1b[31m", Escaped.Text("a\x1b[31m"));

    [Fact]
    public void Text_is_encoded_as_it_is() => Assert.Equal(Encoding.UTF8.GetBytes("naïve"), RawText.ToBytes("naïve"));
}
