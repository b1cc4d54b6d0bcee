using System.Text;
using Snapstore.Formats;
using Snapstore.Sources;
using Snapstore.Sources.Split;
using Snapstore.Tests.Formats;

namespace Snapstore.Fuzz;

/// <summary>Streams that are taken apart: archives, backups of servers, dumps.</summary>
internal static class StreamTargets
{
    private const int BufferSize = 128 << 10;

    /// <summary>The targets.</summary>
    public static IEnumerable<FuzzTarget> All =>
    [
        new("tar", "TarSplit", StartOfTar, GiveTar)
        {
            Words = TextTargets.Words("ustar\0" + "00", "ustar  \0", "12 path=ab\n", "20 GNU.sparse.map=0\n", "\u0080", "0000644", "GNU.sparse.major=1", "../", "00000000010"),
        },
        new("xbstream", "XbstreamSplit", StartOfXbstream, GiveXbstream) { Words = TextTargets.Words("XBSTCK01", "XBSTCK01\0P", "XBSTCK01\0E", "XBSTCK01\0S", "a", "\x01\0\0\0") },
        new("pg-dump", "PgDumpSplit", StartOfDump, GiveDump)
        {
            Words = TextTargets.Words("--\n", "-- Data for Name: t; Type: TABLE DATA; Schema: s; Owner: o\n", "-- Name: t; Type: INDEX; x\n", "COPY s.t (a) FROM stdin;\n", "\\.\n", "\n", "\r\n", "\\connect a\n", "-- PostgreSQL database dump complete\n"),
        },
    ];

    private static IEnumerable<byte[]> StartOfTar(SeededValues values)
    {
        byte[] file = [.. Header("a", '0', 5), .. Padded("bytes"u8)];
        yield return [.. file, .. Header("l", '1', 0), .. new byte[1024]];
        yield return [.. Header("x", 'x', 27), .. Padded("27 GNU.sparse.map=0,2,4,3\n"u8), .. file, .. new byte[1024]];
        yield return [.. Header("d/", '5', 0), .. Header("././@LongLink", 'L', 3), .. Padded("nn\0"u8), .. file, .. Header("s", 'S', 0), .. new byte[1024]];
        yield return [.. Header("n", '0', 200), .. Padded(values.Fill(200)), .. new byte[1024]];
    }

    private static string? GiveTar(byte[] input)
    {
        CountingTree tree = new();
        // A header that was changed is refused for its checksum; only sealed anew does the fuzz reach what stands behind it.
        byte[] archive = [.. input];
        for (int at = 0; at + 512 <= archive.Length; at += 512)
        {
            if (archive.AsSpan(at + 257, 5).SequenceEqual("ustar"u8))
                Seal(archive.AsSpan(at, 512));
        }

        new TarSplit(new ByteInput(new MemoryStream(archive), "tar archive", BufferSize), tree, []).Run(default);
        return tree.Bytes <= archive.Length ? null : "gives more bytes than there are";
    }

    private static IEnumerable<byte[]> StartOfXbstream(SeededValues values)
    {
        byte[] bytes = values.Fill(40);
        Hashing.Crc32 sum = default;
        sum.Update(bytes);
        byte[] chunk = [.. "XBSTCK01\0P\x01\0\0\0a"u8, .. BitConverter.GetBytes(40L), .. new byte[8], .. BitConverter.GetBytes(sum.Value), .. bytes];
        byte[] end = "XBSTCK01\0E\x01\0\0\0a"u8.ToArray();
        yield return [.. chunk, .. end];
        yield return [.. chunk, .. end, .. "XBSTCK01\0R\x01\0\0\0a\x01\0\0\0b"u8, .. "XBSTCK01\0D\x01\0\0\0b"u8];
        yield return [.. "XBSTCK01\0S\x01\0\0\0a"u8, .. new byte[8], .. chunk, .. end];
    }

    private static string? GiveXbstream(byte[] input)
    {
        new XbstreamSplit(new ByteInput(new MemoryStream(input), "xbstream", BufferSize), new CountingTree(), []).Run(default);
        return null;
    }

    private static IEnumerable<byte[]> StartOfDump(SeededValues values) => TextTargets.Words(
        "--\n-- PostgreSQL database dump\n--\n\nSET x;\n--\n-- Data for Name: t; Type: TABLE DATA; Schema: s; Owner: o\n--\n\nCOPY s.t (a) FROM stdin;\n1\n\\.\n\n\n--\n-- Name: i; Type: INDEX; Schema: s; Owner: o\n--\n\nCREATE;\n--\n-- PostgreSQL database dump complete\n--\n\n");

    private static string? GiveDump(byte[] input)
    {
        CountingTree tree = new();
        new PgDumpSplit(new ByteInput(new MemoryStream(input), "dump", BufferSize), tree, []).Run(default);
        IReadOnlyList<string>? order = PartOrder.Decode(tree.Contents["/" + PartOrder.FileName].ToArray());
        byte[] whole = [.. order!.SelectMany(part => tree.Contents["/" + part].ToArray())];
        return whole.AsSpan().SequenceEqual(input) ? null : "the parts are not the dump";
    }

    private static byte[] Header(string name, char type, int size)
    {
        byte[] header = new byte[512];
        Encoding.ASCII.GetBytes(name).CopyTo(header, 0);
        Encoding.ASCII.GetBytes(Convert.ToString(size, 8).PadLeft(11, '0')).CopyTo(header, 124);
        header[156] = (byte)type;
        "a"u8.CopyTo(header.AsSpan(157));
        "ustar\000"u8.CopyTo(header.AsSpan(257));
        Seal(header);
        return header;
    }

    private static void Seal(Span<byte> header)
    {
        header.Slice(148, 8).Fill((byte)' ');
        int sum = 0;
        foreach (byte b in header)
            sum += b;
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(header[148..]);
    }

    private static byte[] Padded(ReadOnlySpan<byte> body) => [.. body, .. new byte[(512 - (body.Length % 512)) % 512]];

    // Takes what a tree takes, in memory.
    private sealed class CountingTree : ISourceTree
    {
        public Dictionary<string, MemoryStream> Contents { get; } = new(StringComparer.Ordinal);

        public long Bytes { get; private set; }

        public void Add(ReadOnlySpan<byte> path, TreeEntry entry)
        {
        }

        public void Put(ReadOnlySpan<byte> path, SourceContent content)
        {
            using Stream bytes = content.Open();
            MemoryStream kept = new();
            bytes.CopyTo(kept);
            Keep(path, kept);
            Bytes += kept.Length;
        }

        public Stream Begin(ReadOnlySpan<byte> path, WrittenContent content)
        {
            CountingStream kept = new(count => Bytes += count);
            Keep(path, kept);
            return kept;
        }

        public bool Link(ReadOnlySpan<byte> path, ReadOnlySpan<byte> existing) => Contents.ContainsKey(Encoding.UTF8.GetString(existing));

        public bool Remove(ReadOnlySpan<byte> path) => Contents.Remove(Encoding.UTF8.GetString(path));

        public bool Move(ReadOnlySpan<byte> path, ReadOnlySpan<byte> target) => Contents.ContainsKey(Encoding.UTF8.GetString(path));

        public void WaitUntilRead()
        {
        }

        public void StartOver() => Contents.Clear();

        public void Warn(ReadOnlySpan<byte> path, string problem)
        {
        }

        public void Note(ReadOnlySpan<byte> path, string text)
        {
        }

        private void Keep(ReadOnlySpan<byte> path, MemoryStream content) => Contents[Encoding.UTF8.GetString(path)] = content;
    }

    // Zeros of a hole may be many; they are counted only. What was written can be looked at after the end.
    private sealed class CountingStream(Action<int> count) : MemoryStream
    {
        private const int KeptMax = 64 << 10;

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            count(buffer.Length);
            if (Length + buffer.Length <= KeptMax)
                base.Write(buffer);
        }
    }
}
