using Snapstore.Formats;

namespace Snapstore.Tests.Formats;

public sealed class PackFrameTests
{
    [Fact]
    public void Knows_its_own_headers_and_trailers()
    {
        Assert.Equal(PackKind.Data, PackFrame.ReadHeader(PackFrame.Header(PackKind.Data), "pack"));
        Assert.Equal(PackKind.Meta, PackFrame.ReadHeader(PackFrame.Header(PackKind.Meta), "pack"));
        Assert.Equal(400, PackFrame.ReadTrailer(PackFrame.Trailer(400), 512, "pack"));
    }

    [Fact]
    public void Refuses_every_other_header()
    {
        for (int i = 0; i < PackFrame.HeaderSize; i++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] header = PackFrame.Header(PackKind.Data);
                header[i] ^= (byte)(1 << bit);
                Assert.ThrowsAny<SnapstoreException>(() => PackFrame.ReadHeader(header, "pack"));
            }

            Assert.Throws<CorruptDataException>(() => PackFrame.ReadHeader(PackFrame.Header(PackKind.Data).AsSpan(0, i), "pack"));
        }
    }

    [Theory]
    [InlineData(-1, 512)]
    [InlineData(int.MinValue, 512)]
    [InlineData(int.MaxValue, Limits.PackSizeMax)]
    [InlineData(91, 512)]
    [InlineData(489, 512)]
    [InlineData((80 << 20) + 1, Limits.PackSizeMax)]
    public void Refuses_a_trailer_that_points_past_the_pack_or_the_bounds(int length, long packSize) =>
        Assert.Throws<CorruptDataException>(() => PackFrame.ReadTrailer(PackFrame.Trailer(length), packSize, "pack"));

    [Fact]
    public void Refuses_a_pack_that_does_not_end_as_one()
    {
        byte[] trailer = PackFrame.Trailer(400);
        trailer[7] ^= 1;
        Assert.Throws<CorruptDataException>(() => PackFrame.ReadTrailer(trailer, 512, "pack"));
        trailer[7] ^= 1;
        for (int i = 0; i < trailer.Length; i++)
            Assert.Throws<CorruptDataException>(() => PackFrame.ReadTrailer(trailer.AsSpan(0, i), 512, "pack"));
        Assert.Throws<CorruptDataException>(() => PackFrame.ReadTrailer([.. trailer, 0], 512, "pack"));
    }

    [Theory]
    [InlineData(116, 512)]
    [InlineData(1 << 20, 1 << 20)]
    [InlineData((1 << 20) + 1, (1 << 20) + (64 << 10))]
    [InlineData(32 << 20, 32 << 20)]
    [InlineData((32 << 20) + 1, (32 << 20) + (64 << 10))]
    public void Whole_packs_have_few_sizes(long sizeMin, long size) => Assert.Equal(size, PackFrame.PaddedSize(sizeMin));
}
