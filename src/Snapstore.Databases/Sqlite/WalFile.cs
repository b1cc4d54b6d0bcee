using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Snapstore.Posix;

namespace Snapstore.Databases.Sqlite;

/// <summary>
/// A write-ahead log: which page's newest version stands where (sqlite.org/fileformat2.html, 4). Numbers are big-endian.
/// <code>
/// header, 32 bytes: 0 magic 0x377f0682 or ...83 (checksums over little- or big-endian words), 4 version 3007000, 8 page size,
///                   12 checkpoints so far, 16 salts (8 bytes), 24 checksum of the first 24 bytes (8 bytes)
/// frame, 24 bytes:  0 page number, 4 pages of the database after a commit (else 0), 8 salts, 16 checksum of all up to here
///                   without the last 16 bytes of each frame's header; then the page
/// </code>
/// </summary>
/// <remarks>Memory: some 40 bytes for each page that is in the log. No lock is ever taken on this file, so that opening and
/// closing it drops none.</remarks>
internal sealed class WalFile : IDisposable
{
    private const int HeaderSize = 32, FrameHeaderSize = 24;
    private const uint Magic = 0x377f0682, Version = 3007000;

    private readonly FileHandle _file;
    private readonly byte[] _header = new byte[HeaderSize];
    private readonly Dictionary<uint, uint> _frames = [];
    private readonly int _pageSize;

    private WalFile(FileHandle file, int pageSize)
    {
        _file = file;
        _pageSize = pageSize;
    }

    /// <summary>Pages of the database after the last commit; 0 where the log holds none.</summary>
    public uint PageCount { get; private set; }

    private ReadOnlySpan<byte> Salts => _header.AsSpan(16, 8);

    /// <summary>Reads where the pages stand, up to the commit that the index names, under a read mark that keeps them there.</summary>
    /// <exception cref="IOException">The log is not the one of the index.</exception>
    public static WalFile Open(FileHandle file, int pageSize, WalIndexHeader index)
    {
        WalFile wal = new(file, pageSize);
        wal.ReadHeader();
        if (!wal.Salts.SequenceEqual(index.Salts))
            throw Replaced();
        (uint, uint) checksum = default;
        byte[] header = new byte[FrameHeaderSize];
        for (uint frame = 1; frame <= index.LastFrame; frame++)
        {
            wal.ReadAt(wal.OffsetOf(frame), header);
            if (!header.AsSpan(8, 8).SequenceEqual(wal.Salts))
                throw Replaced();
            wal._frames[BinaryPrimitives.ReadUInt32BigEndian(header)] = frame;
            checksum = (BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(16)), BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(20)));
        }

        wal.PageCount = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4));
        return wal.PageCount > 0 && checksum == index.Checksum ? wal : throw Replaced();
    }

    /// <summary>Reads where the pages stand, up to the last commit, of a log that nobody writes: as SQLite does when it recovers
    /// one, by its checksums alone.</summary>
    public static WalFile Recover(FileHandle file, int pageSize)
    {
        WalFile wal = new(file, pageSize);
        if (file.Stat().Size < HeaderSize)
            return wal;
        wal.ReadHeader();
        bool isBigEndian = (wal._header[3] & 1) != 0;
        (uint, uint) checksum = Sum(wal._header.AsSpan(0, 24), default, isBigEndian);
        bool isUsable = (wal.Number(0) & ~1u) == Magic && wal.Number(4) == Version && wal.Number(8) == pageSize
            && checksum == (wal.Number(24), wal.Number(28));
        if (isUsable)
            wal.RecoverFrames(checksum, isBigEndian);
        return wal;
    }

    /// <summary>True where the log holds this page.</summary>
    public bool Holds(uint page) => _frames.ContainsKey(page);

    /// <summary>Reads a page from the log; false where the log does not hold it.</summary>
    /// <exception cref="IOException">The log is no longer the same.</exception>
    public bool TryRead(uint page, int offset, Span<byte> buffer)
    {
        if (!_frames.TryGetValue(page, out uint frame))
            return false;
        Span<byte> header = stackalloc byte[FrameHeaderSize];
        ReadAt(OffsetOf(frame), header);
        if (BinaryPrimitives.ReadUInt32BigEndian(header) != page || !header.Slice(8, 8).SequenceEqual(Salts))
            throw Replaced();
        ReadAt(OffsetOf(frame) + FrameHeaderSize + offset, buffer);
        return true;
    }

    public void Dispose() => _file.Dispose();

    private void RecoverFrames((uint, uint) checksum, bool isBigEndian)
    {
        byte[] frame = new byte[FrameHeaderSize + _pageSize];
        List<(uint Page, uint Frame)> open = [];
        long count = (_file.Stat().Size - HeaderSize) / frame.Length;
        for (uint number = 1; number <= count; number++)
        {
            ReadAt(OffsetOf(number), frame);
            uint page = BinaryPrimitives.ReadUInt32BigEndian(frame);
            checksum = Sum(frame.AsSpan(FrameHeaderSize), Sum(frame.AsSpan(0, 8), checksum, isBigEndian), isBigEndian);
            bool isNext = page > 0 && frame.AsSpan(8, 8).SequenceEqual(Salts)
                && checksum == (BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(16)), BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(20)));
            if (!isNext)
                return;
            open.Add((page, number));
            uint pages = BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(4));
            if (pages == 0)
                continue;
            PageCount = pages;
            foreach ((uint committed, uint at) in open)
                _frames[committed] = at;
            open.Clear();
        }
    }

    private static (uint, uint) Sum(ReadOnlySpan<byte> bytes, (uint A, uint B) sum, bool isBigEndian)
    {
        bool isSwapped = isBigEndian == BitConverter.IsLittleEndian;
        ReadOnlySpan<uint> words = MemoryMarshal.Cast<byte, uint>(bytes);
        (uint a, uint b) = sum;
        for (int i = 0; i < words.Length; i += 2)
        {
            unchecked
            {
                a += (isSwapped ? BinaryPrimitives.ReverseEndianness(words[i]) : words[i]) + b;
                b += (isSwapped ? BinaryPrimitives.ReverseEndianness(words[i + 1]) : words[i + 1]) + a;
            }
        }

        return (a, b);
    }

    private void ReadHeader() => ReadAt(0, _header);

    private uint Number(int offset) => BinaryPrimitives.ReadUInt32BigEndian(_header.AsSpan(offset));

    private long OffsetOf(uint frame) => HeaderSize + ((frame - 1L) * (FrameHeaderSize + _pageSize));

    private void ReadAt(long offset, Span<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            int count = _file.Read(offset, buffer);
            if (count == 0)
                throw Replaced();
            buffer = buffer[count..];
            offset += count;
        }
    }

    private static IOException Replaced() => new("its write-ahead log was replaced while it was read: by a program that keeps no locks; run again");
}
