using System.Buffers.Text;

namespace Snapstore.Sources.Split;

/// <summary>The holes of a sparse member: GNU's old form, and its PAX forms 0.0, 0.1 and 1.0.</summary>
internal sealed class TarSparse
{
    // Beyond this a map would take more memory than is sensible; 4 Mi runs of 4 KiB are 16 GiB in crumbs.
    private const int RunsMax = 4 << 20;
    private const int DigitsMax = 20;

    private readonly List<(long Offset, long Length)> _runs = [];
    private long? _offset;

    /// <summary>True where the member is sparse.</summary>
    public bool IsSparse { get; set; }

    /// <summary>True where the map stands before the data (PAX 1.0).</summary>
    public bool IsMapInData => Major == 1;

    /// <summary>The version's first number.</summary>
    public int Major { get; set; }

    /// <summary>The file's size with its holes.</summary>
    public long? RealSize { get; set; }

    /// <summary>Adds a run of data.</summary>
    public void Add(ByteInput input, long offset, long length)
    {
        if (_runs.Count == RunsMax)
            throw input.Damaged($"a sparse file of more than {RunsMax} runs");
        _runs.Add((offset, length));
    }

    /// <summary>Takes in one number of PAX 0.0, where offsets and lengths come in turns.</summary>
    public void AddOffset(long offset) => _offset = offset;

    /// <summary>The length that belongs to the offset before.</summary>
    public void AddLength(ByteInput input, long length)
    {
        Add(input, _offset ?? throw input.Damaged("a sparse map with a length without its offset"), length);
        _offset = null;
    }

    /// <summary>Takes in the map of PAX 0.1: "offset,length,offset,length".</summary>
    public void AddList(ByteInput input, ReadOnlySpan<byte> list)
    {
        _runs.Clear();
        foreach (Range part in list.Split((byte)','))
        {
            if (list[part].IsEmpty && list.IsEmpty)
                break;
            long number = ToNumber(input, list[part]);
            if (_offset is null)
                AddOffset(number);
            else
                AddLength(input, number);
        }
    }

    /// <summary>Reads the map that stands before the data; returns the bytes that it takes.</summary>
    public long ReadMap(ByteInput input)
    {
        long before = input.Position;
        long count = ReadLine(input);
        for (long i = 0; i < count; i++)
        {
            long offset = ReadLine(input);
            Add(input, offset, ReadLine(input));
        }

        long taken = input.Position - before;
        long padding = (TarBlock.Size - (taken % TarBlock.Size)) % TarBlock.Size;
        _ = input.Take((int)padding);
        return taken + padding;
    }

    /// <summary>The runs, checked: in order, apart, within the size, and as many bytes as there are.</summary>
    public DataRuns ToRuns(ByteInput input, long stored)
    {
        List<(long Start, long End)> runs = [];
        long end = 0, data = 0;
        foreach ((long offset, long length) in _runs)
        {
            if (offset < end || length < 0 || length > long.MaxValue - offset)
                throw input.Damaged("a sparse map whose runs are not in order");
            end = offset + length;
            data += length;
            if (length == 0)
                continue;
            if (runs.Count > 0 && runs[^1].End == offset)
                runs[^1] = (runs[^1].Start, end);
            else
                runs.Add((offset, end));
        }

        long size = RealSize ?? end;
        if (end > size || data != stored)
            throw input.Damaged($"a sparse map of {data} bytes in a file of {size}, of which {stored} are stored");
        return new DataRuns(size, runs);
    }

    /// <summary>A decimal number.</summary>
    public static long ToNumber(ByteInput input, ReadOnlySpan<byte> digits) =>
        Utf8Parser.TryParse(digits, out ulong number, out int used) && used == digits.Length && number <= long.MaxValue
            ? (long)number
            : throw input.Damaged("a sparse map with something else than numbers");

    private static long ReadLine(ByteInput input)
    {
        ReadOnlySpan<byte> next = input.Fill(DigitsMax);
        int end = next[..Math.Min(next.Length, DigitsMax)].IndexOf((byte)'\n');
        if (end < 0)
            throw next.Length < DigitsMax ? input.CutShort() : input.Damaged("a sparse map with something else than numbers");
        long number = ToNumber(input, next[..end]);
        input.Advance(end + 1);
        return number;
    }
}
