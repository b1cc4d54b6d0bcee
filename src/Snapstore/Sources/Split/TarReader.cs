using Snapstore.Formats;

namespace Snapstore.Sources.Split;

/// <summary>Reads the members of a tar archive: V7, ustar, old GNU, star and PAX, with long names, holes, attributes.</summary>
/// <remarks>Members are complete where this returns them: headers that belong to the next member are taken in before it. What
/// cannot be understood is an error, never passed over in silence.</remarks>
internal sealed class TarReader(ByteInput input)
{
    private const int NameMax = 1 << 20, ExtendedMax = 16 << 20;

    private readonly TarExtended _global = new(input);
    private bool _isBegun;

    /// <summary>The next member, with the bytes that belong to it still to be read; null at the end of the archive.</summary>
    /// <exception cref="SourceException">The archive is damaged or cut short.</exception>
    public TarMember? Next()
    {
        TarExtended local = new(input);
        byte[]? longName = null, longLink = null;
        while (true)
        {
            if (TakeHeader() is not { } member)
            {
                bool isComplete = longName is null && longLink is null;
                return isComplete ? null : throw input.Damaged("a long name without its member");
            }

            switch (member.Type)
            {
                case 'x' or 'X':
                    local.Read(TakeBody(member.Size, ExtendedMax));
                    continue;
                case 'g':
                    _global.Read(TakeBody(member.Size, ExtendedMax));
                    continue;
                case 'L':
                    longName = Terminated(TakeBody(member.Size, NameMax));
                    continue;
                case 'K':
                    longLink = Terminated(TakeBody(member.Size, NameMax));
                    continue;
                case 'M' or 'N':
                    throw input.Damaged($"a member of type {member.Type}, a part of an archive of many volumes or of a form given up long ago");
            }

            member.Name = longName ?? member.Name;
            member.LinkName = longLink ?? member.LinkName;
            _global.ApplyTo(member);
            local.ApplyTo(member);
            return member;
        }
    }

    /// <summary>Where the file has data; its map is read first where it stands before the data. Null where it has no holes.</summary>
    public DataRuns? TakeRuns(TarMember member)
    {
        if (!member.Sparse.IsSparse)
            return null;
        long map = member.Sparse.IsMapInData ? member.Sparse.ReadMap(input) : 0;
        if (map > member.Size)
            throw input.Damaged("a sparse map that is longer than its member");
        member.Size -= map;
        return member.Sparse.ToRuns(input, member.Size);
    }

    /// <summary>Passes over what fills the last block of a body.</summary>
    public void SkipPadding(long size) => _ = input.Take(Padding(size));

    /// <summary>True where a member that should have no body has one: where its size says so, and what follows is no header.
    /// Programs differ in this.</summary>
    public bool HasBody(TarMember member)
    {
        if (member.Size == 0)
            return false;
        ReadOnlySpan<byte> next = input.Fill(TarBlock.Size);
        if (next.Length < TarBlock.Size)
            return false;
        TarBlock block = new(next);
        return !block.IsZero && !block.HasChecksum();
    }

    /// <summary>Reads the stream to its end behind the archive; true where there was something but zeros.</summary>
    public bool SkipRest(CancellationToken cancel)
    {
        bool hasRest = false;
        while (input.Fill(1) is { IsEmpty: false } rest)
        {
            cancel.ThrowIfCancellationRequested();
            hasRest |= rest.ContainsAnyExcept((byte)0);
            input.Advance(rest.Length);
        }

        return hasRest;
    }

    private static int Padding(long size) => (int)((TarBlock.Size - (size % TarBlock.Size)) % TarBlock.Size);

    private static byte[] Terminated(byte[] text)
    {
        int end = text.AsSpan().IndexOf((byte)0);
        return end < 0 ? text : text[..end];
    }

    private byte[] TakeBody(long size, long max)
    {
        byte[] body = input.TakeArray(size, max);
        SkipPadding(size);
        return body;
    }

    // Null at the archive's end: a block of zeros, and a second one unless the stream ends there.
    private TarMember? TakeHeader()
    {
        ReadOnlySpan<byte> next = input.Fill(TarBlock.Size);
        if (!_isBegun)
            CheckBeginning(next);
        _isBegun = true;
        if (next.Length < TarBlock.Size)
            throw input.CutShort();
        TarBlock block = new(next);
        if (block.IsZero)
        {
            input.Advance(TarBlock.Size);
            ReadOnlySpan<byte> second = input.Fill(TarBlock.Size);
            if (!second.IsEmpty && (second.Length < TarBlock.Size || !new TarBlock(second).IsZero))
                throw input.Damaged("a block of zeros between members");
            return null;
        }

        if (!block.HasChecksum())
            throw input.Damaged("a header whose checksum is wrong");
        TarMember member = ToMember(block);
        input.Advance(TarBlock.Size);
        if (member.Sparse.IsSparse)
            TakeOldSparseMap(member);
        return member;
    }

    private static void CheckBeginning(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            throw new SourceException("the stream is empty where a tar archive was expected; no snapshot was made");
        (string Name, byte[] Magic)[] packed =
        [
            ("gzip", [0x1f, 0x8b]), ("xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a]), ("zstd", [0x28, 0xb5, 0x2f, 0xfd]),
            ("bzip2", "BZh"u8.ToArray()), ("lz4", [0x04, 0x22, 0x4d, 0x18]),
        ];
        foreach ((string name, byte[] magic) in packed)
        {
            if (bytes.StartsWith(magic) && (bytes.Length < TarBlock.Size || !new TarBlock(bytes).HasChecksum()))
                throw new SourceException($"the stream is compressed with {name}; put `{name} -dc` between, or let tar write it plain; no snapshot was made");
        }
    }

    private TarMember ToMember(TarBlock block)
    {
        TarMember member = new()
        {
            Type = block.Type,
            IsOldGnu = block.IsOldGnu,
            Name = block.Name,
            LinkName = block.LinkName,
            Mode = (int)(Number(block, 100, 8, "mode") & 0xfff),
            Uid = Number(block, 108, 8, "owner"),
            Gid = Number(block, 116, 8, "group"),
            User = block.User,
            Group = block.Group,
            Size = Within(Number(block, 124, 12, "size"), 0, "size"),
            Mtime = new EntryTime(Within(Number(block, 136, 12, "time"), long.MinValue, "time"), 0),
        };
        if (member.Type is '3' or '4')
        {
            member.Major = (uint)Math.Min(uint.MaxValue, Within(Number(block, 329, 8, "device"), 0, "device"));
            member.Minor = (uint)Math.Min(uint.MaxValue, Within(Number(block, 337, 8, "device"), 0, "device"));
        }

        if (member.Type == 'S')
        {
            member.Sparse.IsSparse = true;
            member.Sparse.RealSize = Within(Number(block, 483, 12, "size"), 0, "size");
            AddOldRuns(member, block, 386, 4);
        }

        return member;
    }

    private void TakeOldSparseMap(TarMember member)
    {
        bool isMore = member.HasMoreRuns;
        while (isMore)
        {
            TarBlock block = new(input.Take(TarBlock.Size));
            AddOldRuns(member, block, 0, 21);
            isMore = block.Text(504, 1).Length > 0;
        }
    }

    private void AddOldRuns(TarMember member, TarBlock block, int offset, int count)
    {
        if (offset > 0)
            member.HasMoreRuns = block.Text(482, 1).Length > 0;
        for (int i = 0; i < count; i++, offset += 24)
        {
            if (block.Text(offset, 1).IsEmpty)
                return;
            long start = Within(Number(block, offset, 12, "run"), 0, "run");
            member.Sparse.Add(input, start, Within(Number(block, offset + 12, 12, "run"), 0, "run"));
        }
    }

    private Int128 Number(TarBlock block, int offset, int size, string what) =>
        block.Number(offset, size) ?? throw input.Damaged($"a header whose {what} is no number");

    private long Within(Int128 number, long min, string what) =>
        number >= min && number <= long.MaxValue ? (long)number : throw input.Damaged($"a header with a {what} of {number}");
}
