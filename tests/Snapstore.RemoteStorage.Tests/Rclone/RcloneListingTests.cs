using System.Text;
using System.Text.Json;
using Snapstore.RemoteStorage.Rclone;

namespace Snapstore.RemoteStorage.Tests.Rclone;

/// <summary>Listings as rclone answers them, in pieces of any size.</summary>
public sealed class RcloneListingTests
{
    private const string Listing = """
        {"list": [
          {"Path": "config", "Name": "config", "Size": 173, "ModTime": "", "IsDir": false},
          {"Size": 3000000000, "Path": "packs/aa/ü\"x", "Metadata": {"list": [{"Path": "no", "Size": 1}], "Size": 7}, "IsDir": false}
        ], "more": {"list": []}}
        """;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public void Every_file_is_told_however_the_answer_is_cut(int piece) =>
        Assert.Equal([("config", 173), ("packs/aa/ü\"x", 3_000_000_000)], Read(Listing, piece));

    [Theory]
    [InlineData("{\"list\": []}")]
    [InlineData("{\"list\": null}")]
    public void A_list_may_be_empty(string answer) => Assert.Empty(Read(answer, 3));

    [Fact]
    public void A_name_longer_than_the_buffer_is_read()
    {
        string name = new('x', 300_000);
        Assert.Equal([(name, 1)], Read($$"""{"list": [{"Path": "{{name}}", "Size": 1}]}""", 10_000));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{\"error\": \"x\"}")]
    [InlineData("{\"list\": 3}")]
    [InlineData("{\"list\": [{\"Path\": \"x\"}]}")]
    [InlineData("{\"list\": [{\"Size\": 1}]}")]
    [InlineData("{\"list\": [{\"Path\": \"x\", \"Size\": 1e99}]}")]
    [InlineData("<html>")]
    public void What_is_no_listing_is_not_taken_for_an_empty_one(string answer) => Assert.ThrowsAny<Exception>(() => Read(answer, 5));

    [Fact]
    public void One_that_is_cut_short_is_none_wherever_that_is()
    {
        for (int length = 0; length < Listing.IndexOf("\"more\"", StringComparison.Ordinal); length++)
            Assert.ThrowsAny<JsonException>(() => Read(Listing[..length], 11));
    }

    private static List<(string, long)> Read(string answer, int piece)
    {
        List<(string, long)> found = [];
        using Pieces stream = new(Encoding.UTF8.GetBytes(answer), piece);
        RcloneListing.Read(stream, (name, size) => found.Add((name, size)));
        return found;
    }

    private sealed class Pieces(byte[] content, int piece) : MemoryStream(content)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(piece, buffer.Length)]);
    }
}
