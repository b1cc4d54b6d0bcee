using System.Globalization;
using System.Text;
using Snapstore.Formats;

namespace Snapstore.Browse;

/// <summary>The map of a sparse file as GNU tar writes it (sparse format 1.0): the number of data runs, then each run's
/// offset and length, a decimal number a line, padded to whole blocks.</summary>
/// <remarks>The items are gone through once to measure and once to write, so a file of a million holes needs no list.</remarks>
internal sealed class SparseMap
{
    private readonly Func<IEnumerable<ContentItem>> _items;
    private readonly long _size;

    public SparseMap(Func<IEnumerable<ContentItem>> items, long size)
    {
        _items = items;
        _size = size;
        foreach ((long offset, long length) in Runs())
        {
            Count++;
            DataSize += length;
            MapSize += Line(offset).Length + Line(length).Length;
        }

        MapSize += Line(Count).Length;
        MapSize += (TarHeader.Size - (MapSize % TarHeader.Size)) % TarHeader.Size;
    }

    /// <summary>Runs of data, and the empty one that marks a hole at the end.</summary>
    public long Count { get; }

    /// <summary>Bytes of the map.</summary>
    public long MapSize { get; }

    /// <summary>Bytes of data that follow it.</summary>
    public long DataSize { get; }

    /// <summary>Writes the map, padded.</summary>
    public void Write(TarWriter output)
    {
        output.Write(Line(Count));
        foreach ((long offset, long length) in Runs())
        {
            output.Write(Line(offset));
            output.Write(Line(length));
        }

        output.Pad();
    }

    private static byte[] Line(long number) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture) + "\n");

    private IEnumerable<(long Offset, long Length)> Runs()
    {
        long at = 0, start = 0;
        foreach (ContentItem item in _items())
        {
            if (item.IsHole)
            {
                if (at > start)
                    yield return (start, at - start);
                start = at + item.Length;
            }

            at += item.Length;
        }

        // A file that ends in a hole needs the mark, or readers would not know its length.
        if (at > start || start == _size)
            yield return (start, at - start);
    }
}
