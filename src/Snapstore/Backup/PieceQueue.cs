using System.Diagnostics.CodeAnalysis;

namespace Snapstore.Backup;

/// <summary>A run of a large file's chunks and the buffer they stand in.</summary>
internal sealed class Piece(byte[] buffer)
{
    // Of a piece of which more is needed a copy would save little.
    private const int KeptShareMax = 4;

    // Bytes of an item, about.
    private const int ItemOverhead = 128;

    /// <summary>A piece to be filled.</summary>
    public Piece(int size)
        : this(LargeBuffer.Allocate(size))
    {
    }

    /// <summary>The bytes.</summary>
    public byte[] Buffer { get; } = buffer;

    /// <summary>The chunks and holes in order.</summary>
    public List<ReadItem> Items { get; } = [];

    /// <summary>True for the last piece of the file.</summary>
    public bool IsLast { get; set; }

    /// <summary>Bytes it takes while it waits; 0 for one whose buffer goes round.</summary>
    public int Weight { get; private set; }

    /// <summary>The same with no more bytes than are needed; null where those are many.</summary>
    public Piece? Condense()
    {
        long needed = Items.Sum(item => item.NeedsBytes ? item.Length : 0);
        if (needed > Buffer.Length / KeptShareMax)
            return null;
        Piece condensed = new(new byte[needed]) { IsLast = IsLast };
        int kept = 0, frames = 0;
        foreach (ReadItem item in Items)
        {
            condensed.Items.Add(item with { Offset = item.NeedsBytes ? kept : 0 });
            frames += item.Delta?.Frame.Length ?? 0;
            if (!item.NeedsBytes)
                continue;
            Buffer.AsSpan(item.Offset, (int)item.Length).CopyTo(condensed.Buffer.AsSpan(kept));
            kept += (int)item.Length;
        }

        condensed.Weight = kept + frames + (ItemOverhead * (Items.Count + 1));
        return condensed;
    }

    /// <summary>Empties it, to be filled again.</summary>
    public void Clear()
    {
        Items.Clear();
        IsLast = false;
    }
}

/// <summary>Hands the pieces of one large file from its reader to the tree stage: three buffers go round, so the one
/// reads while the other stores, whatever the file's size. Of pieces of which little is new only that is kept, so that a file that has hardly
/// changed is read to its end while others before it are stored.</summary>
/// <remarks>Readers take files in the order of the walk, so the file that the tree stage waits for always has a reader.</remarks>
/// <param name="pool">What the files of the run share.</param>
/// <param name="piecesMax">Buffers of one file; unbounded where one thread both fills and takes.</param>
/// <param name="arrived">Set when a piece is there, for who takes from several queues; null where each is waited for.</param>
internal sealed class PieceQueue(PiecePool pool, int piecesMax, AutoResetEvent? arrived = null)
{
    /// <summary>Buffers of one file, as a rule.</summary>
    public const int PiecesMax = 3;

    private const long CondensedBytesMax = 4 << 20;

    private readonly object _lock = new();
    private readonly Queue<Piece> _full = new();
    private readonly Stack<Piece> _free = new();
    private int _made;
    private long _condensedBytes;
    private bool _isRead, _abandoned;

    /// <summary>A piece to fill; waits until one is free. Null when nobody wants the file any more.</summary>
    public Piece? TakeFree(int size)
    {
        lock (_lock)
        {
            while (!HasRoom() && !_abandoned)
                Monitor.Wait(_lock);
            if (_abandoned)
                return null;
            if (_free.Count == 0)
            {
                _made++;
                return pool.Take(size);
            }

            return _free.Pop();
        }
    }

    /// <summary>Passes a filled piece on.</summary>
    public void Add(Piece piece)
    {
        Piece? condensed = piece.Condense();
        lock (_lock)
        {
            _full.Enqueue(condensed ?? piece);
            _isRead |= piece.IsLast;
            if (condensed is not null)
            {
                CountCondensed(condensed.Weight);
                piece.Clear();
                _free.Push(piece);
            }

            // Those before it may be long in coming to this file.
            if (_isRead)
                GiveFree();
            Monitor.PulseAll(_lock);
        }

        arrived?.Set();
    }

    /// <summary>The next piece, if it is there.</summary>
    public bool TryTake([NotNullWhen(true)] out Piece? piece)
    {
        lock (_lock)
            return _full.TryDequeue(out piece);
    }

    /// <summary>The next piece in order; asks meanwhile whether there ever will be one.</summary>
    public Piece Take(Action throwIfFailed)
    {
        while (true)
        {
            lock (_lock)
            {
                if (_full.TryDequeue(out Piece? piece))
                    return piece;
                Monitor.Wait(_lock, TimeSpan.FromMilliseconds(100));
            }

            throwIfFailed();
        }
    }

    /// <summary>Gives a piece back to be filled again.</summary>
    public void Return(Piece piece)
    {
        piece.Clear();
        lock (_lock)
        {
            CountCondensed(-piece.Weight);
            if (piece.Weight == 0)
                _free.Push(piece);
            if (_isRead)
                GiveFree();
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Gives all buffers back to the pool; the file is done.</summary>
    public void Release()
    {
        lock (_lock)
            GiveFree();
    }

    /// <summary>Wakes the reader and tells it to stop: the run has failed elsewhere.</summary>
    public void Abandon()
    {
        lock (_lock)
        {
            _abandoned = true;
            Monitor.PulseAll(_lock);
        }
    }

    private bool HasRoom() => piecesMax == int.MaxValue
        || ((_free.Count > 0 || _made < piecesMax) && _condensedBytes < CondensedBytesMax && (_condensedBytes == 0 || !pool.IsFull));

    private void CountCondensed(int bytes)
    {
        _condensedBytes += bytes;
        pool.Count(bytes);
    }

    private void GiveFree()
    {
        while (_free.TryPop(out Piece? piece))
            pool.Give(piece);
    }
}
