using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Repair;

/// <summary>Ranges of a file's content, in ascending order, whatever the chunks it is kept in.</summary>
/// <param name="items">The content's items in order.</param>
/// <param name="inline">The content where it stands in its entry; null where it does not.</param>
/// <param name="blobs">Where chunks are read.</param>
/// <param name="what">The file's name, for errors.</param>
internal sealed class ContentRange(IEnumerable<ContentItem> items, byte[]? inline, BlobReader blobs, string what) : IDisposable
{
    private readonly IEnumerator<ContentItem> _items = items.GetEnumerator();
    private byte[] _range = [];
    private ContentItem _item;
    private long _start, _end;

    /// <summary>The bytes at this offset, not before that of the call before; valid until the next call. Holes are zeros.</summary>
    /// <exception cref="CorruptDataException">A chunk is lost, or the content ends before.</exception>
    public ReadOnlySpan<byte> Read(long offset, int length)
    {
        if (_range.Length < length)
            _range = GC.AllocateUninitializedArray<byte>(length);
        Span<byte> range = _range.AsSpan(0, length);
        if (inline is not null)
        {
            RequireEnd(offset + length, inline.Length);
            inline.AsSpan((int)offset, length).CopyTo(range);
            return range;
        }

        while (!range.IsEmpty)
        {
            MoveTo(offset);
            int count = (int)Math.Min(range.Length, _end - offset);
            if (_item.IsHole)
                range[..count].Clear();
            else
                ReadChunk().Slice((int)(offset - _start), count).CopyTo(range);
            range = range[count..];
            offset += count;
        }

        return _range.AsSpan(0, length);
    }

    /// <inheritdoc/>
    public void Dispose() => _items.Dispose();

    private ReadOnlySpan<byte> ReadChunk()
    {
        ReadOnlySpan<byte> plain = blobs.Read(_item.Id, what);
        return plain.Length == _item.Length ? plain : throw new CorruptDataException($"blob {_item.Id} of {what} has {plain.Length} bytes instead of {_item.Length}");
    }

    private void MoveTo(long offset)
    {
        while (_end <= offset)
        {
            if (!_items.MoveNext())
                RequireEnd(offset + 1, _end);
            _item = _items.Current;
            _start = _end;
            _end += _item.Length;
        }
    }

    private void RequireEnd(long wanted, long end)
    {
        if (wanted > end)
            throw new CorruptDataException($"{what} has only {end} bytes there");
    }
}
