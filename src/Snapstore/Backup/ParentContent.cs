using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Backup;

/// <summary>A run of a file's content as the parent has it.</summary>
internal readonly record struct ParentItem(BlobId Id, long Offset, long Length)
{
    /// <summary>Where it ends.</summary>
    public long End => Offset + Length;
}

/// <summary>A file's content as the parent has it, walked in step with the file as it is now: which chunk stood where a new one
/// stands. Memory: the next 4,096 items, about half a MiB.</summary>
/// <remarks>
/// Content that is cut by content moves: a chunk that is found again tells by how much, and what follows it there is what
/// the next chunk is to be compared with. Fixed blocks stay where they are.
/// </remarks>
internal sealed class ParentContent : IDisposable
{
    private const int WindowSize = 4096;

    // A chunk that repeats (zeros) may be found far ahead by chance: then the one behind it has to follow as well.
    private const int SureAhead = 16;

    private readonly bool _isFixed;
    private readonly IEnumerator<ContentItem> _items;
    private readonly ParentItem[] _window = new ParentItem[WindowSize];
    private readonly Dictionary<BlobId, long> _numbers = [];
    private readonly Dictionary<long, long> _byLength = [];

    // Items are numbered from the file's start; those from _first on, up to _end, are in the window.
    private long _first, _end;
    private long _offsetOfEnd;
    private long _unsure = -1;
    private long _shift;
    private bool _hasMore = true;

    /// <summary>Starts at the beginning.</summary>
    /// <param name="items">The items in order.</param>
    /// <param name="isFixed">True where the file is cut in fixed blocks.</param>
    public ParentContent(IEnumerable<ContentItem> items, bool isFixed)
    {
        _items = items.GetEnumerator();
        _isFixed = isFixed;
        Fill();
    }

    /// <summary>Says that a chunk stands at an offset; true where the parent has the same chunk further on.</summary>
    public bool TryMatch(in BlobId id, long offset)
    {
        if (_isFixed)
            DropUpTo(offset);
        if (!_numbers.TryGetValue(id, out long number))
            return false;
        bool isSure = number - _first < SureAhead || number == _unsure;
        _unsure = isSure ? -1 : number + 1;
        if (!_isFixed && isSure)
            Resume(number, _window[number % WindowSize].Offset - offset);
        return true;
    }

    /// <summary>How far behind an offset an item is expected to end.</summary>
    public long EndOf(in ParentItem item, long offset) => item.End - (offset + _shift);

    /// <summary>The chunk of the parent that begins exactly where a new one does.</summary>
    public bool TryFindStart(long offset, out ParentItem item)
    {
        bool isThere = TryFind(offset, length: 0, out item);
        return isThere && item.Offset == offset + _shift;
    }

    /// <summary>What the parent has where a new chunk stands: the chunk that most of it lies in.</summary>
    public bool TryFind(long offset, int length, out ParentItem item)
    {
        long middle = offset + _shift + (length / 2);
        (long low, long high) = (_first, _end);
        while (low < high)
        {
            long number = low + ((high - low) / 2);
            (low, high) = _window[number % WindowSize].End <= middle ? (number + 1, high) : (low, number);
        }

        item = low < _end ? _window[low % WindowSize] : default;
        return low < _end && item.Offset <= middle && item.Id != default;
    }

    /// <summary>A chunk of the parent that is as long as a new one. Lengths of chunks cut by content are as good as random, and a change
    /// in place leaves them as they are: so they show the way where much was put in or taken out and no chunk is found again.</summary>
    public bool TryFindByLength(int length, out ParentItem item)
    {
        item = default;
        if (_isFixed || !_byLength.TryGetValue(length, out long number))
            return false;
        item = _window[number % WindowSize];
        return true;
    }

    /// <summary>Says that the chunk at an offset is much the same as an item that was found for it.</summary>
    /// <param name="item">The item.</param>
    /// <param name="offset">Where the chunk stands.</param>
    /// <param name="length">Bytes of it.</param>
    /// <param name="isSameEnd">True where both end with the same bytes.</param>
    public void Follow(in ParentItem item, long offset, int length, bool isSameEnd)
    {
        // Only where both end at the same place in the content: a chunk that was cut in two has more to come.
        bool endTogether = isSameEnd || Math.Abs(item.Length - length) <= length / 8;
        if (!_isFixed && endTogether && _numbers.TryGetValue(item.Id, out long number) && _window[number % WindowSize].Offset == item.Offset)
            Resume(number, item.End - (offset + length));
    }

    /// <inheritdoc/>
    public void Dispose() => _items.Dispose();

    private void Resume(long number, long shift)
    {
        _shift = shift;
        while (_first <= number)
            DropFirst();
        Fill();
    }

    private void DropUpTo(long offset)
    {
        while (_first < _end && _window[_first % WindowSize].End <= offset)
        {
            DropFirst();
            Fill();
        }
    }

    private void DropFirst()
    {
        ParentItem item = _window[_first % WindowSize];
        if (_numbers.GetValueOrDefault(item.Id, -1) == _first)
            _numbers.Remove(item.Id);
        if (_byLength.GetValueOrDefault(item.Length, -1) == _first)
            _byLength.Remove(item.Length);
        _first++;
    }

    private void Fill()
    {
        while (_hasMore && _end - _first < WindowSize)
        {
            _hasMore = MoveNext();
            if (!_hasMore)
                return;
            ContentItem next = _items.Current;
            _window[_end % WindowSize] = new ParentItem(next.Id, _offsetOfEnd, next.Length);
            if (!next.IsHole)
            {
                _numbers.TryAdd(next.Id, _end);
                _byLength[next.Length] = _end;
            }

            _end++;
            _offsetOfEnd += next.Length;
        }
    }

    // A parent whose list cannot be read any further is no help from there on.
    private bool MoveNext()
    {
        try
        {
            return _items.MoveNext();
        }
        catch (SnapstoreException e) when (OtherCopies.IsLoss(e))
        {
            return false;
        }
    }
}
