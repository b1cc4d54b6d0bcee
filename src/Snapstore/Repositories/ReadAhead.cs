using Snapstore.Formats;
using Snapstore.Storage;

namespace Snapstore.Repositories;

/// <summary>Fetches what follows in a pack before it is asked for, where segments are read one after the other from far away: bases of
/// deltas, and the contents of large files. One per thread.</summary>
/// <remarks>Each segment that continues the one before doubles what is on its way, up to 12 MiB; one that does not is read by itself, and
/// two of these that follow one another are where the row goes on. A storage that is near, and nodes, which the cache keeps, are left alone.</remarks>
internal sealed class ReadAhead(Repository repository) : IDisposable
{
    private const int PieceSize = 1 << 20, PiecesMax = 12;

    // Bytes that may be passed over: they take less time than a turn. And how far back the next may lie: segments of one file are
    // stored in about the order of the file.
    private const int GapMax = 1 << 20, BackMax = 2 << 20;

    private readonly Dictionary<long, Task<byte[]>> _pieces = [];
    private readonly List<Task> _abandoned = [];

    // The one read last of those that followed one another, and the one read since that does not: it may begin another row.
    private SegmentLocation? _last, _aside;
    private int _window;
    private byte[] _joined = [];

    /// <summary>The stored bytes of a segment, valid until the next call; empty where it is to be read by itself.</summary>
    public ReadOnlySpan<byte> TryRead(in SegmentLocation segment)
    {
        bool isWithin = segment.Offset + segment.StoredLength <= segment.Pack.Size;
        if (repository.Storage.RequestsMax <= 1 || segment.Pack.Kind == PackKind.Meta || !isWithin)
            return default;
        if (Continues(_last, segment))
            _window = Math.Min(Math.Max(1, 2 * _window), Math.Min(PiecesMax, repository.Storage.RequestsMax));
        else if (Continues(_aside, segment))
            Turn();
        else
            return LookAside(segment);
        _last = segment;
        Begin(segment);
        return TryJoin(segment);
    }

    /// <summary>Ends when nothing is on its way any more: the storage may be closed next.</summary>
    public void Dispose()
    {
        Abandon(_ => true);
        foreach (Task task in _abandoned)
            Requests.AwaitEnd(task);
    }

    // One that is asked for again did not open: other bytes may.
    private static bool Continues(in SegmentLocation? before, in SegmentLocation segment) =>
        before is { } last
        && segment.Pack.Key == last.Pack.Key
        && segment.Offset != last.Offset
        && segment.Offset >= last.Offset - BackMax
        && segment.Offset <= last.Offset + last.StoredLength + GapMax;

    // The row goes on elsewhere, as at the end of a pack.
    private void Turn()
    {
        Abandon(_ => true);
        (_window, _aside) = (Math.Max(1, _window / 2), null);
    }

    private ReadOnlySpan<byte> LookAside(in SegmentLocation segment)
    {
        if (_last is { } last && segment.Pack.Key == last.Pack.Key && segment.Offset == last.Offset)
            Abandon(_ => true);
        if (_last is null)
            _last = segment;
        else
            _aside = segment;
        return default;
    }

    private void Begin(in SegmentLocation segment)
    {
        StorageKey key = segment.Pack.Key;
        long size = segment.Pack.Size, oldest = (segment.Offset - BackMax) / PieceSize;
        Abandon(number => number < oldest);
        long end = Math.Min(size, segment.Offset + segment.StoredLength + ((long)(_window - 1) * PieceSize));
        for (long number = segment.Offset / PieceSize; number * PieceSize < end; number++)
        {
            if (_pieces.ContainsKey(number))
                continue;
            long offset = number * PieceSize;
            _pieces[number] = Requests.Start(() =>
            {
                byte[] piece = GC.AllocateUninitializedArray<byte>((int)Math.Min(PieceSize, size - offset));
                repository.Storage.Read(key, offset, piece);
                return piece;
            });
        }
    }

    // Where a piece cannot be read, the segment is read by itself, and says why.
    private ReadOnlySpan<byte> TryJoin(in SegmentLocation segment)
    {
        if (_joined.Length < segment.StoredLength)
            _joined = LargeBuffer.Allocate(Math.Max(segment.StoredLength, Limits.SegmentSizeTarget));
        try
        {
            for (int done = 0; done < segment.StoredLength;)
            {
                long at = segment.Offset + done;
                ReadOnlySpan<byte> piece = _pieces[at / PieceSize].GetAwaiter().GetResult().AsSpan((int)(at % PieceSize));
                int count = Math.Min(piece.Length, segment.StoredLength - done);
                piece[..count].CopyTo(_joined.AsSpan(done));
                done += count;
            }

            return _joined.AsSpan(0, segment.StoredLength);
        }
        catch (SnapstoreException)
        {
            Abandon(_ => true);
            _window = 0;
            return default;
        }
    }

    private void Abandon(Predicate<long> isAbandoned)
    {
        _abandoned.RemoveAll(task => task.IsCompleted);
        foreach (long number in _pieces.Keys.Where(number => isAbandoned(number)).ToArray())
        {
            _abandoned.Add(_pieces[number]);
            _pieces.Remove(number);
        }
    }
}
