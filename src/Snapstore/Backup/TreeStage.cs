using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Backup;

/// <summary>Consumes batches in the order of the walk: stores what is new of the files' content and builds the trees
/// bottom-up. One thread.</summary>
internal sealed class TreeStage(BlobWriter blobs, NodeSplitter splitter, RunProgress progress, BackupNotes notes) : IDisposable
{
    private readonly Stack<OpenDirectory> _open = new();
    private readonly Stack<TreeWriter> _spare = new();
    private readonly ChunkListWriter _content = new(blobs.PutMeta);

    /// <summary>The tree of the outermost directory, once it has ended; null where the walk emitted none.</summary>
    public BlobId? Root { get; private set; }

    /// <summary>Files that looked unchanged and whose content has changed.</summary>
    public long FilesFoundChanged { get; private set; }

    /// <summary>Contents that are read beside each other; their entries are built elsewhere.</summary>
    public DetachedContents Detached { get; } = new(blobs.PutMeta, progress, notes);

    /// <summary>Consumes one batch; <paramref name="throwIfFailed"/> is asked while it waits for the readers.</summary>
    public void Consume(WalkBatch batch, Action throwIfFailed)
    {
        // Whoever is to read the batch may be busy with a detached content, and wait for its pieces to be taken.
        while (!batch.IsStreamed && !batch.IsRead && !Detached.IsEmpty)
            TakeDetached(throwIfFailed);
        if (!batch.IsStreamed)
            batch.WaitRead(throwIfFailed);
        foreach (WalkEvent next in batch.Events)
            Consume(next, batch.Buffer, throwIfFailed);
    }

    /// <summary>Takes what has come of detached contents, or waits for it.</summary>
    public void TakeDetached(Action throwIfFailed) =>
        Detached.Take((piece, writer) => Store(piece.Items, piece.Buffer, writer), throwIfFailed);

    public void Dispose() => Detached.Dispose();

    private void Consume(in WalkEvent next, byte[]? buffer, Action throwIfFailed)
    {
        switch (next.Kind)
        {
            case WalkEventKind.Entry:
                _open.Peek().Tree.Add(next.Entry!);
                break;
            case WalkEventKind.File when next.Job!.Stored is not null && next.Job.Pieces is not null:
                Detached.Add(next.Job);
                break;
            case WalkEventKind.File:
                ConsumeFile(next.Entry!, next.Job!, buffer, throwIfFailed);
                break;
            case WalkEventKind.Begin:
                _open.Push(new OpenDirectory(next.Entry!, _spare.TryPop(out TreeWriter? writer) ? writer : new TreeWriter(splitter, blobs.PutMeta)));
                break;
            case WalkEventKind.End:
                EndDirectory();
                break;
            case WalkEventKind.Mark:
                while (!Detached.IsEmpty)
                    TakeDetached(throwIfFailed);
                next.Reached!();
                break;
        }
    }

    private void EndDirectory()
    {
        OpenDirectory directory = _open.Pop();
        (BlobId root, SubtreeTotals below) = directory.Tree.Finish();
        _spare.Push(directory.Tree);
        if (_open.Count == 0)
            Root = root;
        else
            _open.Peek().Tree.Add(directory.Entry with { Tree = root, Below = below });
    }

    private void ConsumeFile(TreeEntry entry, FileJob job, byte[]? buffer, Action throwIfFailed)
    {
        FileContent content;
        long size;
        if (job.Pieces is { } pieces)
            (content, size) = StorePieces(pieces, throwIfFailed);
        else
            (content, size) = StoreSmall(job, buffer);
        progress.Add(files: 1, job.Pieces is null ? size : 0);
        progress.At(job.Path);
        if (job.Warning is { } warning)
            notes.Warn(job.Path, warning);
        if (job.Compared is { } parent && (size != parent.Size || !content.IsSameAs(parent.Content)))
            FilesFoundChanged++;
        if (job.Failure is { } failure)
            notes.LeaveOut(job.Path, failure);
        else if (job.Stored is { } stored)
            stored(content, size);
        else
            _open.Peek().Tree.Add(entry with { Content = content, Size = size, Attributes = job.Attributes ?? entry.Attributes });
    }

    private (FileContent Content, long Size) StoreSmall(FileJob job, byte[]? buffer)
    {
        // A failed file keeps nothing: what was read of it is not the file.
        if (job.Failure is not null || job.Items.Count == 0)
            return (FileContent.Empty, 0);
        ReadItem first = job.Items[0];
        if (job.Items.Count == 1 && !first.IsHole && first.Length <= Limits.InlineContentMax)
            return (FileContent.OfInline(buffer.AsSpan(first.Offset, (int)first.Length).ToArray()), first.Length);
        Store(job.Items, buffer!, _content);
        long size = _content.Length;
        return (_content.Finish(), size);
    }

    private (FileContent Content, long Size) StorePieces(PieceQueue pieces, Action throwIfFailed)
    {
        while (true)
        {
            Piece piece = pieces.Take(throwIfFailed);
            long before = _content.Length;
            Store(piece.Items, piece.Buffer, _content);
            progress.Add(files: 0, _content.Length - before);
            bool isLast = piece.IsLast;
            pieces.Return(piece);
            if (!isLast)
                continue;
            long size = _content.Length;
            return (_content.Finish(), size);
        }
    }

    private void Store(List<ReadItem> items, byte[] buffer, ChunkListWriter content)
    {
        foreach (ReadItem item in items)
        {
            if (item.NeedsBytes)
                blobs.PutData(item.Id, buffer.AsSpan(item.Offset, (int)item.Length), item.Delta);
            else if (item.Delta is { } delta)
                blobs.PutDelta(item.Id, (int)item.Length, delta);
            content.Add(item.IsHole ? ContentItem.Hole(item.Length) : new ContentItem(item.Id, item.Length, IsHole: false));
        }
    }

    private sealed record OpenDirectory(TreeEntry Entry, TreeWriter Tree);
}
