using System.Collections.Concurrent;

namespace Snapstore.Backup;

/// <summary>What the large files of a run share: buffers that none of them uses now, and the bound of what waits condensed. Thread safe.</summary>
internal sealed class PiecePool
{
    /// <summary>Bytes of condensed pieces that wait, of all files. Beyond that a file has one waiting, so that the one whose turn it is goes on.</summary>
    public const long CondensedBytesMax = 16 << 20;

    private readonly ConcurrentBag<Piece> _free = [];
    private long _condensedBytes;

    /// <summary>True where no more condensed pieces should wait.</summary>
    public bool IsFull => Interlocked.Read(ref _condensedBytes) >= CondensedBytesMax;

    /// <summary>So many more bytes of condensed pieces wait; fewer, if negative.</summary>
    public void Count(long bytes) => Interlocked.Add(ref _condensedBytes, bytes);

    /// <summary>An empty piece of at least so many bytes.</summary>
    public Piece Take(int size) => _free.TryTake(out Piece? used) && used.Buffer.Length >= size ? used : new Piece(size);

    /// <summary>Takes an empty piece back.</summary>
    public void Give(Piece piece) => _free.Add(piece);
}
