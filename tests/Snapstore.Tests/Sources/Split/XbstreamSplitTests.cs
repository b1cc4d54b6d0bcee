using System.Buffers.Binary;
using System.Text;
using Snapstore.Backup;
using Snapstore.Hashing;
using Snapstore.Sources.Split;

namespace Snapstore.Tests.Sources.Split;

/// <summary>What mariabackup and xtrabackup stream; the chunks by hand, and those of the real mbstream.</summary>
public sealed class XbstreamSplitTests
{
    private readonly SplitStream _split = new(SplitFormat.Xbstream);

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Files_that_come_in_turns_come_back(int workers)
    {
        const int Part = 700_000;
        SplitStream split = new(SplitFormat.Xbstream, workers);
        byte[][] files = [.. Enumerable.Range(0, 7).Select(i => TestFiles.Bytes(i, (5 * Part) + i))];
        List<byte> stream = [];
        for (int at = 0; at < 6 * Part; at += Part)
        {
            for (int i = 0; i < files.Length; i++)
            {
                stream.AddRange(Payload($"./db{i % 2}/t{i}.ibd", files[i].AsSpan(Math.Min(at, files[i].Length)..Math.Min(at + Part, files[i].Length)), at));
            }
        }

        for (int i = 0; i < files.Length; i++)
            stream.AddRange(Chunk('E', $"./db{i % 2}/t{i}.ibd"));
        BackupReport taken = split.Take(new Dribble([.. stream], 100_001));
        SortedDictionary<string, byte[]> found = split.Files(taken);
        Assert.Equal(7, found.Count);
        Assert.All(Enumerable.Range(0, 7), i => Assert.True(files[i].AsSpan().SequenceEqual(found[$"db{i % 2}/t{i}.ibd"])));
        Assert.Equal(0, split.Take([.. stream]).Manifest.Counts.DataBlobsNew);
    }

    [Fact]
    public void Files_are_renamed_removed_and_written_anew()
    {
        byte[] stream =
        [
            .. Whole("a", "first"), .. Whole("b", "second"), .. Whole("c", "third"),
            .. Chunk('R', "a", [.. Number(5), .. "d/new"u8]), .. Chunk('D', "b"), .. Payload("c", "again"u8, 0, flags: 2), .. Chunk('E', "c"),
            .. Chunk('S', "e", new byte[8]), .. Whole("e", "e"), .. Chunk('E', "empty"),
        ];
        Assert.Equal(["c again", "d/new first", "e e", "empty "], Texts(_split.Take(stream)));
    }

    [Fact]
    public void Holes_of_Percona_are_zeros()
    {
        byte[] map = [.. Number(3), .. Number(2), .. Number(0), .. Number(4)];
        byte[] stream = [.. Chunk('S', "a", [.. Number(2), .. Sum(6, 0, [.. map, .. "abcdef"u8]), .. map, .. "abcdef"u8]), .. Payload("a", "!"u8, 9), .. Chunk('E', "a")];
        Assert.Equal(["a \0\0\0abcdef!"], Texts(_split.Take(stream)));
    }

    [Fact]
    public void Every_cut_and_every_flip_is_noticed()
    {
        byte[] stream = [.. Payload("a", "some bytes"u8, 0), .. Payload("a", "more"u8, 10), .. Chunk('E', "a")];
        for (int length = 0; length < stream.Length; length++)
            _split.AssertRefuses(stream[..length], length == 0 ? "is empty" : "");
        for (int at = 0; at < stream.Length; at++)
        {
            byte[] damaged = [.. stream];
            damaged[at] ^= 0x10;
            // Flags that are not known say nothing; and nothing but its end tells a file's name.
            bool isFlags = at is 8 or (15 + 30 + 8) or (15 + 30 + 15 + 24 + 8);
            if (!isFlags)
                Assert.Throws<SourceException>(() => _split.Take(damaged));
        }

        _split.AssertRefuses([.. stream, .. stream], "a second time");
        _split.AssertRefuses([.. Payload("a", "x"u8, 0), .. Payload("a", "y"u8, 5)], "for byte 5");
        _split.AssertRefuses([.. Payload("a", "xyz"u8, 0), .. Chunk('S', "a", new byte[8])], "write over");
    }

    [Fact]
    public void What_mbstream_writes_comes_back()
    {
        using TestDirectory place = new();
        place.Make("tree/sub");
        TestFiles.Write(place["tree/sub/large"], TestFiles.Bytes(1, 25 << 20));
        TestFiles.Write(place["tree/small"], "text");
        TestFiles.Write(place["tree/empty"], "");
        Tool.Run("bash", "-c", $"cd '{place["tree"]}' && mbstream -c sub/large small empty > ../stream");
        SplitStream split = new(SplitFormat.Xbstream);
        split.Restore(split.Take(File.ReadAllBytes(place["stream"])), place["restored"]);
        Tool.Run("diff", "-r", place["tree"], place["restored"]);
    }

    private IEnumerable<string> Texts(BackupReport taken) => _split.Files(taken).Select(file => $"{file.Key} {Encoding.UTF8.GetString(file.Value)}");

    private static byte[] Whole(string path, string content) => [.. Payload(path, Encoding.UTF8.GetBytes(content), 0), .. Chunk('E', path)];

    private static byte[] Payload(string path, ReadOnlySpan<byte> content, long offset, byte flags = 0) =>
        Chunk('P', path, [.. Sum(content.Length, offset, content), .. content], flags);

    private static byte[] Chunk(char type, string path, byte[]? body = null, byte flags = 0) =>
        [.. "XBSTCK01"u8, flags, (byte)type, .. Number((uint)path.Length), .. Encoding.UTF8.GetBytes(path), .. body ?? []];

    private static byte[] Number(uint number) => [(byte)number, (byte)(number >> 8), (byte)(number >> 16), (byte)(number >> 24)];

    private static byte[] Sum(long length, long offset, ReadOnlySpan<byte> summed)
    {
        byte[] numbers = new byte[20];
        Crc32 sum = default;
        sum.Update(summed);
        BinaryPrimitives.WriteInt64LittleEndian(numbers, length);
        BinaryPrimitives.WriteInt64LittleEndian(numbers.AsSpan(8), offset);
        BinaryPrimitives.WriteUInt32LittleEndian(numbers.AsSpan(16), sum.Value);
        return numbers;
    }
}
