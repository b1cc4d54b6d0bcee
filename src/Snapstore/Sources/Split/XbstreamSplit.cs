using System.Buffers.Binary;
using System.Text;
using Snapstore.Hashing;
using Snapstore.Text;

namespace Snapstore.Sources.Split;

/// <summary>Puts the files of an xbstream (mariabackup, xtrabackup) into a tree (spec/split.md).</summary>
/// <remarks>
/// | part of a chunk | bytes | |
/// | magic | 8 | "XBSTCK01" |
/// | flags | 1 | 1: may be passed over where the type is not known; 2: begins the file anew |
/// | type | 1 | P bytes, E end of the file, S see below, R new name, D removed |
/// | path | 4 + n | its length, then it |
/// | length, offset, CRC-32 | 8, 8, 4 | of P: then the bytes |
/// Chunks of several files come in turns. Two programs use S for two things: Percona's for bytes with holes between (a count of
/// runs before the length; runs of skip and length, 4 bytes each, before the bytes), MariaDB's for a seek (an offset).
/// </remarks>
internal sealed class XbstreamSplit(ByteInput input, ISourceTree tree, byte[] top)
{
    private const int HeaderSize = 14, PathMax = 4096, RunsMax = 16 << 20 >> 3;
    private const byte Ignorable = 1, Anew = 2;

    private static readonly byte[] Zeros = new byte[64 << 10];

    private readonly Dictionary<string, OpenFile> _open = new(StringComparer.Ordinal);
    private readonly HashSet<string> _ended = new(StringComparer.Ordinal);

    /// <summary>Reads the stream to its end.</summary>
    /// <exception cref="SourceException">It is damaged, cut short, or holds what no tree can.</exception>
    public void Run(CancellationToken cancel)
    {
        if (input.Fill(1).IsEmpty)
            throw new SourceException("the stream is empty where an xbstream was expected; no snapshot was made");
        while (!input.Fill(1).IsEmpty)
            TakeChunk(cancel);
        if (_open.Count > 0)
            throw new SourceException($"the xbstream is cut short: it ends while {Show(_open.Keys.First())} is not complete; no snapshot was made");
    }

    private void TakeChunk(CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        ReadOnlySpan<byte> header = input.Take(HeaderSize);
        if (!header.StartsWith("XBSTCK01"u8))
            throw input.Damaged("no chunk of an xbstream");
        (byte flags, char type) = (header[8], (char)header[9]);
        string path = TakePath(BinaryPrimitives.ReadUInt32LittleEndian(header[10..]));
        switch (type)
        {
            case 'P':
                TakePayload(path, (flags & Anew) != 0, cancel);
                break;
            case 'E':
                End(path);
                break;
            case 'S':
                TakeSparseOrSeek(path, cancel);
                break;
            case 'R':
                Rename(path, TakePath(BinaryPrimitives.ReadUInt32LittleEndian(input.Take(4))));
                break;
            case 'D':
                Remove(path);
                break;
            default:
                if ((flags & Ignorable) == 0)
                    throw input.Damaged($"a chunk of {Show(path)} of type {PrintablePath.Of([(byte)type])}, which is not known");
                // Its writer says that it may be passed over; it has the shape of bytes.
                input.Skip(TakeNumbers().Length, cancel);
                break;
        }
    }

    private void TakePayload(string path, bool isAnew, CancellationToken cancel)
    {
        (long length, long offset, uint checksum) = TakeNumbers();
        OpenFile file = Find(path, isAnew);
        CheckPlace(file, path, offset);
        Crc32 sum = default;
        input.Copy(length, bytes =>
        {
            sum.Update(bytes);
            file.Content.Write(bytes);
        }, cancel);
        file.Offset += length;
        Check(sum, checksum, path);
    }

    private void TakeSparseOrSeek(string path, CancellationToken cancel)
    {
        ReadOnlySpan<byte> next = input.Fill(16);
        bool isSeek = next.Length == 8 || (next.Length > 8 && "XBSTCK01"u8.StartsWith(next[8..Math.Min(16, next.Length)]));
        if (!isSeek)
        {
            TakeSparse(path, cancel);
            return;
        }

        long target = Number64(input.Take(8));
        OpenFile file = Find(path, isAnew: false);
        if (target != file.Offset)
            throw new SourceException($"the xbstream goes to byte {target} of {Show(path)}, of which {file.Offset} are there, to write over it; --split cannot follow that: take it without --split; no snapshot was made");
    }

    private void TakeSparse(string path, CancellationToken cancel)
    {
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(input.Take(4));
        (long length, long offset, uint checksum) = TakeNumbers();
        OpenFile file = Find(path, isAnew: false);
        CheckPlace(file, path, offset);
        byte[] map = input.TakeArray(8L * count, 8L * RunsMax);
        Crc32 sum = default;
        sum.Update(map);
        long left = length;
        for (int at = 0; at < map.Length; at += 8)
        {
            WriteHole(file, BinaryPrimitives.ReadUInt32LittleEndian(map.AsSpan(at)), cancel);
            uint run = BinaryPrimitives.ReadUInt32LittleEndian(map.AsSpan(at + 4));
            input.Copy(run, bytes =>
            {
                sum.Update(bytes);
                file.Content.Write(bytes);
            }, cancel);
            file.Offset += run;
            left -= run;
        }

        if (left != 0)
            throw input.Damaged($"a chunk of {Show(path)} whose runs are not as long as it is");
        Check(sum, checksum, path);
    }

    private static void WriteHole(OpenFile file, long length, CancellationToken cancel)
    {
        file.Offset += length;
        for (; length > 0; length -= Math.Min(length, Zeros.Length))
        {
            cancel.ThrowIfCancellationRequested();
            file.Content.Write(Zeros.AsSpan(0, (int)Math.Min(length, Zeros.Length)));
        }
    }

    private void End(string path)
    {
        if (!_open.Remove(path, out OpenFile? file))
            file = Begin(path);
        _open.Remove(path);
        file.Content.Dispose();
        _ended.Add(path);
    }

    private void Rename(string path, string target)
    {
        if (_open.ContainsKey(path) || !_ended.Remove(path) || !tree.Move(PathOf(path), PathOf(target)))
            throw input.Damaged($"{Show(path)} becomes {Show(target)} and is not there, or not complete");
        _ended.Add(target);
    }

    private void Remove(string path)
    {
        if (_open.ContainsKey(path))
            throw input.Damaged($"{Show(path)} is removed and is not complete");
        if (_ended.Remove(path))
            tree.Remove(PathOf(path));
    }

    private OpenFile Find(string path, bool isAnew)
    {
        if (_open.TryGetValue(path, out OpenFile? file))
            return file;
        if (!isAnew && _ended.Contains(path))
            throw input.Damaged($"{Show(path)} comes a second time");
        return Begin(path);
    }

    private OpenFile Begin(string path)
    {
        bool isPaged = path.EndsWith(".ibd", StringComparison.Ordinal) || path.StartsWith("ibdata", StringComparison.Ordinal) || path.StartsWith("undo", StringComparison.Ordinal);
        OpenFile file = new(tree.Begin(PathOf(path), new WrittenContent { IsPaged = isPaged }));
        _open[path] = file;
        return file;
    }

    private void CheckPlace(OpenFile file, string path, long offset)
    {
        if (file.Offset != offset)
            throw input.Damaged($"a chunk for byte {offset} of {Show(path)}, of which {file.Offset} are there");
    }

    private void Check(Crc32 sum, uint expected, string path)
    {
        if (sum.Value != expected)
            throw input.Damaged($"a chunk of {Show(path)} whose checksum is wrong");
    }

    private (long Length, long Offset, uint Checksum) TakeNumbers()
    {
        ReadOnlySpan<byte> numbers = input.Take(20);
        return (Number64(numbers), Number64(numbers[8..]), BinaryPrimitives.ReadUInt32LittleEndian(numbers[16..]));
    }

    private long Number64(ReadOnlySpan<byte> bytes) =>
        BinaryPrimitives.ReadInt64LittleEndian(bytes) is >= 0 and var number ? number : throw input.Damaged("a chunk with a length or place beyond all sizes");

    private string TakePath(uint length)
    {
        if (length is 0 or > PathMax)
            throw input.Damaged($"a chunk with a path of {length} bytes");
        return Encoding.Latin1.GetString(input.Take((int)length));
    }

    private byte[] PathOf(string path) => [.. top, (byte)'/', .. WithoutDots(Encoding.Latin1.GetBytes(path))];

    private static ReadOnlySpan<byte> WithoutDots(ReadOnlySpan<byte> path)
    {
        while (path.StartsWith("./"u8))
            path = path[2..];
        return path;
    }

    private static string Show(string path) => PrintablePath.Of(Encoding.Latin1.GetBytes(path));

    private sealed class OpenFile(Stream content)
    {
        public Stream Content { get; } = content;

        public long Offset { get; set; }
    }
}
