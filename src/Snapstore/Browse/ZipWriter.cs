using System.Buffers.Binary;
using System.IO.Compression;
using Snapstore.Formats;
using Snapstore.Hashing;
using DeflateLevel = System.IO.Compression.CompressionLevel;

namespace Snapstore.Browse;

/// <summary>A member of a zip archive, but for its content.</summary>
/// <param name="Name">Its name, UTF-8; of a directory with '/' at the end.</param>
/// <param name="TypeAndMode">As `stat` gives it: file type and permission bits.</param>
/// <param name="Entry">Owner and time.</param>
/// <param name="LocalTime">Its time where the archive is made.</param>
internal sealed record ZipMember(byte[] Name, int TypeAndMode, TreeEntry Entry, DateTime LocalTime);

/// <summary>Writes a zip archive (APPNOTE 6.3) to a stream that cannot seek: contents deflated, their sums behind them,
/// zip64 where sizes or offsets ask for it, owner and time to the second as Info-ZIP writes them.</summary>
/// <remarks>The platform's own zip writer holds about a KiB a member until the end, which a tree of a million files does
/// not allow.</remarks>
internal sealed class ZipWriter(Stream output) : IDisposable
{
    private const uint LocalSignature = 0x04034b50, DescriptorSignature = 0x08074b50, CentralSignature = 0x02014b50;
    private const uint EndSignature = 0x06054b50, End64Signature = 0x06064b50, Locator64Signature = 0x07064b50;
    private const ushort MadeByUnix = (3 << 8) | 30, VersionPlain = 20, Version64 = 45;
    private const ushort FlagDescriptor = 1 << 3, FlagUtf8 = 1 << 11;
    private const ushort MethodStored = 0, MethodDeflated = 8;
    private const ushort ExtraZip64 = 1, ExtraTime = 0x5455, ExtraOwner = 0x7875;
    private const int ModeShift = 16, DosDirectory = 0x10, DirectoryType = 0x4000, TypeMask = 0xf000;
    private const int End64RestSize = 44;

    // Deflate may make noise longer by a part in thousands; a member that could pass 4 GiB so is announced as long.
    private const long PlainSizeMax = 0xf000_0000L;

    // What stands in the old fields of a long member whose sizes follow its content.
    private static readonly Sizes LongSizes = new(0, 0, uint.MaxValue, uint.MaxValue);

    private readonly CountingOutput _output = new(output);
    private readonly ByteWriter _record = new(512);
    private readonly ZipDirectory _directory = new();

    /// <summary>Writes a member whose few bytes are at hand; not compressed.</summary>
    public void Add(ZipMember member, ReadOnlySpan<byte> content)
    {
        Crc32 sum = default;
        sum.Update(content);
        Sizes sizes = new(_output.Written, sum.Value, content.Length, content.Length);
        WriteLocal(member, MethodStored, FlagUtf8, sizes, isLong: false);
        _output.Write(content);
        WriteCentral(member, MethodStored, FlagUtf8, sizes);
    }

    /// <summary>Writes a member whose content <paramref name="write"/> gives.</summary>
    /// <param name="member">The member.</param>
    /// <param name="size">Bytes that will be written.</param>
    /// <param name="write">Writes them.</param>
    public void Add(ZipMember member, long size, Action<Stream> write)
    {
        const ushort Flags = FlagDescriptor | FlagUtf8;
        bool isLong = size > PlainSizeMax;
        long offset = _output.Written;
        WriteLocal(member, MethodDeflated, Flags, isLong ? LongSizes : default, isLong);
        long start = _output.Written;
        using SummedOutput content = new(new DeflateStream(_output, DeflateLevel.Optimal, leaveOpen: true));
        write(content);
        content.Dispose();
        Sizes sizes = new(offset, content.Sum, _output.Written - start, content.Written);
        WriteDescriptor(sizes, isLong);
        WriteCentral(member, MethodDeflated, Flags, sizes);
    }

    /// <summary>Writes the central directory: without it no reader takes the archive for whole.</summary>
    public void Finish()
    {
        long start = _output.Written;
        _directory.WriteTo(_output);
        _record.Clear();
        if (_directory.Count >= ushort.MaxValue || start >= uint.MaxValue || _directory.Size >= uint.MaxValue)
            End64(start, start + _directory.Size);
        ushort count = (ushort)Math.Min(_directory.Count, ushort.MaxValue);
        _record.U32(EndSignature);
        _record.U32(0);
        _record.U16(count);
        _record.U16(count);
        _record.U32(Clamp(_directory.Size));
        _record.U32(Clamp(start));
        _record.U16(0);
        _output.Write(_record.Written);
        _output.Flush();
    }

    public void Dispose()
    {
        _directory.Dispose();
        _output.Dispose();
    }

    private void Number64(long value)
    {
        _record.U32((uint)(value & uint.MaxValue));
        _record.U32((uint)(value >> 32));
    }

    private static uint Clamp(long value) => (uint)Math.Min(value, uint.MaxValue);

    private void WriteLocal(ZipMember member, ushort method, ushort flags, in Sizes sizes, bool isLong)
    {
        _record.Clear();
        _record.U32(LocalSignature);
        WriteShared(member, method, flags, sizes, isLong);
        _record.U16((ushort)member.Name.Length);
        int extra = _record.Length;
        _record.U16(0);
        _record.Raw(member.Name);
        int start = _record.Length;
        if (isLong)
        {
            _record.U16(ExtraZip64);
            _record.U16(16);
            Number64(0);
            Number64(0);
        }

        WriteExtras(member);
        byte[] local = _record.ToArray();
        BinaryPrimitives.WriteUInt16LittleEndian(local.AsSpan(extra), (ushort)(local.Length - start));
        _output.Write(local);
    }

    // The fields that local and central records have in common and in one order.
    private void WriteShared(ZipMember member, ushort method, ushort flags, in Sizes sizes, bool isLong)
    {
        DateTime time = member.LocalTime;
        _record.U16(isLong ? Version64 : VersionPlain);
        _record.U16(flags);
        _record.U16(method);
        _record.U16((ushort)((time.Hour << 11) | (time.Minute << 5) | (time.Second / 2)));
        _record.U16((ushort)(((time.Year - 1980) << 9) | (time.Month << 5) | time.Day));
        _record.U32(sizes.Sum);
        _record.U32(Clamp(sizes.Stored));
        _record.U32(Clamp(sizes.Plain));
    }

    private void WriteExtras(ZipMember member)
    {
        long seconds = member.Entry.Mtime.Seconds;
        if (seconds is >= int.MinValue and <= int.MaxValue)
        {
            _record.U16(ExtraTime);
            _record.U16(5);
            _record.U8(1);
            _record.U32(unchecked((uint)(int)seconds));
        }

        _record.U16(ExtraOwner);
        _record.U16(11);
        _record.U8(1);
        _record.U8(4);
        _record.U32(member.Entry.Owner.Uid);
        _record.U8(4);
        _record.U32(member.Entry.Owner.Gid);
    }

    private void WriteDescriptor(in Sizes sizes, bool isLong)
    {
        _record.Clear();
        _record.U32(DescriptorSignature);
        _record.U32(sizes.Sum);
        if (isLong)
        {
            Number64(sizes.Stored);
            Number64(sizes.Plain);
        }
        else
        {
            _record.U32(checked((uint)sizes.Stored));
            _record.U32(checked((uint)sizes.Plain));
        }

        _output.Write(_record.Written);
    }

    private void WriteCentral(ZipMember member, ushort method, ushort flags, in Sizes sizes)
    {
        // Of these only those stand in the zip64 field that do not fit their own, in this order.
        long[] large = [.. new[] { sizes.Plain, sizes.Stored, sizes.Offset }.Where(value => value >= uint.MaxValue)];
        bool isDirectory = (member.TypeAndMode & TypeMask) == DirectoryType;
        _record.Clear();
        _record.U32(CentralSignature);
        _record.U16(MadeByUnix);
        WriteShared(member, method, flags, sizes, isLong: large.Length > 0);
        _record.U16((ushort)member.Name.Length);
        int extra = _record.Length;
        _record.U16(0);
        _record.U16(0);
        _record.U16(0);
        _record.U16(0);
        _record.U32(((uint)member.TypeAndMode << ModeShift) | (isDirectory ? DosDirectory : 0u));
        _record.U32(Clamp(sizes.Offset));
        _record.Raw(member.Name);
        int start = _record.Length;
        if (large.Length > 0)
        {
            _record.U16(ExtraZip64);
            _record.U16((ushort)(8 * large.Length));
            foreach (long value in large)
                Number64(value);
        }

        WriteExtras(member);
        byte[] central = _record.ToArray();
        BinaryPrimitives.WriteUInt16LittleEndian(central.AsSpan(extra), (ushort)(central.Length - start));
        _directory.Add(central);
    }

    private void End64(long start, long end)
    {
        _record.U32(End64Signature);
        Number64(End64RestSize);
        _record.U16(MadeByUnix);
        _record.U16(Version64);
        _record.U32(0);
        _record.U32(0);
        Number64(_directory.Count);
        Number64(_directory.Count);
        Number64(_directory.Size);
        Number64(start);
        _record.U32(Locator64Signature);
        _record.U32(0);
        Number64(end);
        _record.U32(1);
    }

    /// <summary>Where a member begins, its sum, and its bytes before and after inflation.</summary>
    private readonly record struct Sizes(long Offset, uint Sum, long Stored, long Plain);
}
