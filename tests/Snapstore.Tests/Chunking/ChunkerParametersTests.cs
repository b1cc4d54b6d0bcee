using Snapstore.Chunking;

namespace Snapstore.Tests.Chunking;

public sealed class ChunkerParametersTests
{
    [Theory]
    [InlineData("cdc:64KiB", true, 65536)]
    [InlineData("cdc:65536", true, 65536)]
    [InlineData("fixed:4MiB", false, 4194304)]
    [InlineData("fixed:4096", false, 4096)]
    public void Reads_sizes_in_bytes_and_in_units(string text, bool isContentDefined, int size)
    {
        ChunkerParameters parameters = ChunkerParameters.Parse(text);

        Assert.Equal(new ChunkerParameters(isContentDefined, size), parameters);
        Assert.Equal(parameters, ChunkerParameters.Parse(parameters.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("cdc")]
    [InlineData("cdc:")]
    [InlineData("cdc:65537")]
    [InlineData("cdc:2048")]
    [InlineData("cdc:8MiB")]
    [InlineData("cdc:-4096")]
    [InlineData("gear:64KiB")]
    [InlineData("cdc:64KB")]
    [InlineData("cdc:64KiB:1")]
    public void Refuses_anything_else_and_says_what_to_write(string text)
    {
        UsageException e = Assert.Throws<UsageException>(() => ChunkerParameters.Parse(text));

        Assert.Contains("cdc:64KiB", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fixed_blocks_are_cut_every_so_many_bytes()
    {
        IChunker chunker = Chunkers.Create(ChunkerParameters.Parse("fixed:4KiB"), []);

        Assert.Equal(4096, chunker.NextCut(new byte[5000], isEnd: true));
        Assert.Equal(904, chunker.NextCut(new byte[904], isEnd: true));
        Assert.Equal(0, chunker.NextCut(new byte[904], isEnd: false));
    }
}
