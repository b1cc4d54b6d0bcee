using Snapstore.Sources;

namespace Snapstore.Backup;

/// <summary>Reads files, cuts them into chunks, names the chunks and makes deltas of them. One per reader thread.</summary>
internal sealed class ReadStage(ContentCutter cutter, CancellationToken cancel) : IDisposable
{
    private static readonly int PieceSizeMin = 1 << 20;

    private int PieceSize => Math.Max(PieceSizeMin, 4 * cutter.LookAhead);

    /// <summary>Reads all files of a batch.</summary>
    public void Process(WalkBatch batch)
    {
        try
        {
            foreach (WalkEvent next in batch.Events)
            {
                if (next.Job is { } job)
                    Read(job, batch.Buffer);
            }
        }
        finally
        {
            batch.ReleaseSources();
            batch.MarkRead();
        }
    }

    public void Dispose() => cutter.Dispose();

    private void Read(FileJob job, byte[]? buffer)
    {
        try
        {
            cancel.ThrowIfCancellationRequested();
            using IFileContent content = job.Open();
            if (job.WantsAttributes)
                job.Attributes = content.Attributes();
            cutter.Begin(job);
            long bytes = job.Pieces is { } pieces ? ReadPieces(job, content, pieces) : ReadSmall(job, content, buffer!);
            job.Warning = content.ChangedWhileRead(bytes);
        }
        catch (Exception e) when (e is IOException or SourceException)
        {
            job.Failure = e.Message;
        }
        finally
        {
            cutter.End();

            // Whoever consumes the pieces waits for a last one, also of a file that failed half way.
            if (job.Pieces is { } pieces && pieces.TakeFree(PieceSize) is { } last)
            {
                last.IsLast = true;
                pieces.Add(last);
            }
        }
    }

    // No more is asked for than was expected: one call where a file held still, and one that has grown shows by its size.
    private long ReadSmall(FileJob job, IFileContent content, byte[] buffer)
    {
        Span<byte> room = buffer.AsSpan(job.BufferOffset, (int)job.Size);
        long total = 0;
        foreach ((long start, long end) in DataRuns(job, content))
        {
            AddHole(job.Items, start - total);
            int length = ReadFully(content, start, room[(int)start..(int)end]);
            cutter.Cut(room.Slice((int)start, length), start, job.BufferOffset + (int)start, isEnd: true, job.Items);
            total = start + length;
            if (total < end)
                return total;
        }

        if (job.MayHaveHoles)
            AddHole(job.Items, job.Size - total);
        return job.MayHaveHoles ? job.Size : total;
    }

    private static IEnumerable<(long Start, long End)> DataRuns(FileJob job, IFileContent content)
    {
        if (!job.MayHaveHoles)
        {
            yield return (0, job.Size);
            yield break;
        }

        long offset = 0;
        while (offset < job.Size && content.NextData(offset) is { } run)
        {
            long end = Math.Min(run.End, job.Size);
            if (run.Start >= end)
                yield break;
            yield return (run.Start, end);
            offset = end;
        }
    }

    private long ReadPieces(FileJob job, IFileContent content, PieceQueue pieces)
    {
        long total = 0;
        if (!job.MayHaveHoles)
            return ReadRun(content, pieces, 0, job.Size < 0 ? long.MaxValue : job.Size);
        foreach ((long start, long end) in DataRuns(job, content))
        {
            PassHole(pieces, start - total);
            total = ReadRun(content, pieces, start, end);
            if (total < end)
                return total;
        }

        PassHole(pieces, job.Size - total);
        return job.Size;
    }

    // Reads [start, end) piece by piece; what follows the last cut is carried over into the next piece's buffer.
    private long ReadRun(IFileContent content, PieceQueue pieces, long start, long end)
    {
        byte[] carried = [];
        long offset = start;
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            Piece piece = pieces.TakeFree(PieceSize) ?? throw Abandoned();
            carried.CopyTo(piece.Buffer, 0);
            int wanted = (int)Math.Min(piece.Buffer.Length - carried.Length, end - offset);
            int length = ReadFully(content, offset, piece.Buffer.AsSpan(carried.Length, wanted));
            offset += length;
            bool isEnd = length < wanted || offset == end;
            Span<byte> data = piece.Buffer.AsSpan(0, carried.Length + length);
            int used = cutter.Cut(data, offset - data.Length, 0, isEnd, piece.Items);
            carried = data[used..].ToArray();
            pieces.Add(piece);
            if (isEnd)
                return offset;
        }
    }

    private void PassHole(PieceQueue pieces, long length)
    {
        if (length <= 0)
            return;
        Piece piece = pieces.TakeFree(PieceSize) ?? throw Abandoned();
        AddHole(piece.Items, length);
        pieces.Add(piece);
    }

    // The run has failed elsewhere, and that failure is the one to be told: this one ends with the file.
    private static SourceException Abandoned() => new("nobody waits for it any more");

    private static void AddHole(List<ReadItem> items, long length)
    {
        if (length > 0)
            items.Add(new ReadItem(default, 0, length, IsHole: true, NeedsBytes: false));
    }

    private static int ReadFully(IFileContent content, long offset, Span<byte> buffer)
    {
        int total = 0;
        while (total < buffer.Length)
        {
            int count = content.Read(offset + total, buffer[total..]);
            if (count == 0)
                break;
            total += count;
        }

        return total;
    }
}
