using Snapstore.Backup;
using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Tests.Backup;

/// <summary>The way of a large file's pieces from its reader to who stores them.</summary>
public sealed class PieceQueueTests
{
    private const int PieceSize = 1 << 20, ChunkSize = 1 << 16;

    private static readonly Action Nothing = () => { };

    private readonly PiecePool _pool = new();
    private readonly PieceQueue _queue;

    public PieceQueueTests() => _queue = new PieceQueue(_pool, PieceQueue.PiecesMax);

    [Fact]
    public void What_the_repository_has_is_read_on_while_nobody_takes_it()
    {
        const int Pieces = 200;
        for (int i = 0; i < Pieces; i++)
            Add(i, isNew: _ => false);
        for (int i = 0; i < Pieces; i++)
        {
            Piece piece = _queue.Take(Nothing);
            Assert.Empty(piece.Buffer);
            Assert.Equal(PieceSize / ChunkSize, piece.Items.Count);
            Assert.Equal(IdOf(i, 3), piece.Items[3].Id);
            Assert.Equal(i == Pieces - 1, piece.IsLast);
            _queue.Return(piece);
        }
    }

    [Fact]
    public void Of_a_piece_with_little_that_is_new_that_is_kept()
    {
        Add(0, isNew: chunk => chunk is 2 or 7);
        Piece piece = _queue.Take(Nothing);
        Assert.Equal(2 * ChunkSize, piece.Buffer.Length);
        foreach (int chunk in new[] { 2, 7 })
        {
            ReadItem item = piece.Items[chunk];
            Assert.Equal(TestFiles.Bytes(chunk, ChunkSize), piece.Buffer.AsSpan(item.Offset, (int)item.Length).ToArray());
        }
    }

    [Fact]
    public void What_is_new_waits_for_who_stores_it()
    {
        for (int i = 0; i < PieceQueue.PiecesMax; i++)
            Add(i, isNew: _ => true);
        AssertWaits();
    }

    [Fact]
    public void So_does_what_is_new_here_and_there_once_it_is_much()
    {
        int added = 0;
        for (long kept = 0; kept < 4 << 20; kept += 4 * ChunkSize)
            Add(added++, isNew: chunk => chunk < 4);
        AssertWaits();
        Assert.InRange(added, 10, 16);
    }

    [Fact]
    public void Differences_count_by_their_frames()
    {
        Piece piece = _queue.TakeFree(PieceSize)!;
        piece.Items.Add(new ReadItem(IdOf(0, 0), 0, PieceSize, IsHole: false, new DeltaFrame(new BlobKey(IdOf(0, 1)), new byte[5 << 20]), NeedsBytes: false));
        _queue.Add(piece);
        AssertWaits();
    }

    [Fact]
    public void All_files_of_a_run_share_what_may_wait_and_each_has_its_turn()
    {
        _pool.Count(PiecePool.CondensedBytesMax);
        Add(0, isNew: chunk => chunk < 4);
        AssertWaits();
        _pool.Count(-PiecePool.CondensedBytesMax);
        for (int i = 1; i < 4; i++)
            Add(i, isNew: chunk => chunk < 4);
    }

    [Fact]
    public void Buffers_of_a_file_that_is_read_go_to_others_while_it_waits()
    {
        Piece used = _queue.TakeFree(PieceSize)!;
        used.IsLast = true;
        _queue.Add(used);
        Assert.Same(used.Buffer, _pool.Take(PieceSize).Buffer);
        Assert.True(_queue.Take(Nothing).IsLast);
    }

    private void Add(int number, Predicate<int> isNew)
    {
        Piece piece = _queue.TakeFree(PieceSize)!;
        for (int chunk = 0; chunk < PieceSize / ChunkSize; chunk++)
        {
            TestFiles.Bytes(chunk, ChunkSize).CopyTo(piece.Buffer, chunk * ChunkSize);
            piece.Items.Add(new ReadItem(IdOf(number, chunk), chunk * ChunkSize, ChunkSize, IsHole: false, NeedsBytes: isNew(chunk)));
        }

        piece.IsLast = number == 199;
        _queue.Add(piece);
    }

    // A free piece comes when one is taken, and not before.
    private void AssertWaits()
    {
        Task<Piece?> free = Task.Run(() => _queue.TakeFree(PieceSize));
        Assert.False(free.Wait(TimeSpan.FromMilliseconds(200)));
        _queue.Return(_queue.Take(Nothing));
        Assert.True(free.Wait(TimeSpan.FromSeconds(60)));
    }

    private static BlobId IdOf(int piece, int chunk)
    {
        byte[] id = new byte[BlobId.Size];
        (id[0], id[1]) = ((byte)piece, (byte)chunk);
        return new BlobId(id);
    }
}
