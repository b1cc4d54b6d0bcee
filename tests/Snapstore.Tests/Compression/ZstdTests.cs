using Snapstore.Compression;
using Snapstore.Tests.Formats;

namespace Snapstore.Tests.Compression;

public sealed class ZstdTests
{
    public static TheoryData<CompressionLevel> Levels => [CompressionLevel.Fast, CompressionLevel.Default, CompressionLevel.High, CompressionLevel.Max];

    [Theory]
    [MemberData(nameof(Levels))]
    public void Opens_what_it_compressed(CompressionLevel level)
    {
        using ZstdCompressor compressor = new(level);
        using ZstdDecompressor decompressor = new();
        SeededValues.ForAll(
            values =>
            {
                byte[] content = Sample(values, values.Int(50_000));
                byte[] opened = new byte[content.Length];
                decompressor.Decompress(Compress(compressor, content), opened);
                Assert.Equal(content, opened);
            },
            cases: 40);
    }

    [Fact]
    public void Higher_levels_make_smaller_frames()
    {
        byte[] content = Sample(new SeededValues(7), 400_000);
        int[] sizes = [.. new[] { CompressionLevel.Fast, CompressionLevel.Default, CompressionLevel.High, CompressionLevel.Max }.Select(level =>
        {
            using ZstdCompressor compressor = new(level);
            return Compress(compressor, content).Length;
        })];
        Assert.True(sizes[3] < sizes[0] && sizes[2] <= sizes[0], string.Join(' ', sizes));
    }

    [Fact]
    public void Notices_what_cannot_be_compressed()
    {
        using ZstdCompressor compressor = new(CompressionLevel.Default);
        SeededValues values = new(1);
        Assert.False(compressor.IsWorthTrying(values.Fill(1 << 20)));
        Assert.True(compressor.IsWorthTrying(new byte[1 << 20]));
        Assert.True(compressor.IsWorthTrying(values.Fill(100)));
        Assert.False(compressor.IsWorthTrying([]));

        // The probe compresses at level 1 and must leave the level as it was.
        byte[] content = Sample(values, 100_000);
        using ZstdCompressor fresh = new(CompressionLevel.Default);
        Assert.Equal(Compress(fresh, content), Compress(compressor, content));
    }

    [Fact]
    public void Off_tries_nothing()
    {
        using ZstdCompressor compressor = new(CompressionLevel.Off);
        Assert.False(compressor.IsWorthTrying(new byte[1 << 20]));
    }

    [Fact]
    public void Refuses_frames_that_lie_about_their_content()
    {
        using ZstdCompressor compressor = new(CompressionLevel.Default);
        using ZstdDecompressor decompressor = new();
        byte[] frame = Compress(compressor, new byte[1000]);
        Assert.Throws<CorruptDataException>(() => decompressor.Decompress(frame, new byte[999]));
        Assert.Throws<CorruptDataException>(() => decompressor.Decompress(frame, new byte[1001]));

        // Announces 11 bytes and holds 12, and 10.
        byte[] head = [0x28, 0xb5, 0x2f, 0xfd, 0x20, 11];
        Assert.Throws<CorruptDataException>(() => decompressor.Decompress([.. head, 0x61, 0, 0, .. new byte[12]], new byte[11]));
        Assert.Throws<CorruptDataException>(() => decompressor.Decompress([.. head, 0x51, 0, 0, .. new byte[10]], new byte[11]));

        // A frame without a content size, and one that announces 2^60 bytes.
        Assert.Throws<CorruptDataException>(() => decompressor.Decompress([0x28, 0xb5, 0x2f, 0xfd, 0, 0x58, 0x59, 0, 0, .. new byte[11]], new byte[11]));
        Assert.Throws<CorruptDataException>(() => decompressor.Decompress([0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0x10, 1, 0, 0], new byte[11]));
    }

    [Fact]
    public void Refuses_more_than_one_frame()
    {
        using ZstdCompressor compressor = new(CompressionLevel.Default);
        using ZstdDecompressor decompressor = new();
        byte[] frame = Compress(compressor, new byte[1000]);
        byte[] empty = [0x28, 0xb5, 0x2f, 0xfd, 0x20, 0, 1, 0, 0], skippable = [0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 7];
        foreach (byte[] more in (byte[][])[empty, skippable, [0]])
            Assert.Throws<CorruptDataException>(() => decompressor.Decompress([.. frame, .. more], new byte[1000]));
        decompressor.Decompress(frame, new byte[1000]);
    }

    [Fact]
    public void Gives_the_content_or_an_error_for_any_bytes()
    {
        using ZstdCompressor compressor = new(CompressionLevel.Default);
        using ZstdDecompressor decompressor = new();
        byte[] frame = Compress(compressor, Sample(new SeededValues(3), 2_000));
        byte[] room = new byte[2_000];
        AnyBytes.GiveAValueOrAnError(bytes => decompressor.Decompress(bytes, room), [frame], firstBytes: [0x28]);
    }

    [Fact]
    public void May_be_disposed_twice_and_is_of_no_use_then()
    {
        ZstdCompressor compressor = new(CompressionLevel.Default);
        ZstdDecompressor decompressor = new();
        compressor.Dispose();
        compressor.Dispose();
        decompressor.Dispose();
        decompressor.Dispose();
        Assert.Throws<ObjectDisposedException>(() => compressor.Compress([1], new byte[100]));
        Assert.Throws<ObjectDisposedException>(() => compressor.IsWorthTrying([1]));
        Assert.Throws<ObjectDisposedException>(() => decompressor.Decompress([1], new byte[100]));
    }

    // Words out of a small vocabulary, with noise between them: compresses to about half.
    private static byte[] Sample(SeededValues values, int size)
    {
        byte[][] words = [.. Enumerable.Range(0, 50).Select(_ => values.Fill(4 + values.Int(12)))];
        List<byte> content = new(size + 32);
        while (content.Count < size)
        {
            content.AddRange(words[values.Int(words.Length)]);
            content.AddRange(values.Bytes(4));
        }

        return [.. content.Take(size)];
    }

    private static byte[] Compress(ZstdCompressor compressor, byte[] content)
    {
        byte[] frame = new byte[ZstdCompressor.Bound(content.Length)];
        return frame[..compressor.Compress(content, frame)];
    }
}
