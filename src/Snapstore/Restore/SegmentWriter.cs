using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Restore;

/// <summary>Opens one segment after the other and writes its blobs where they belong; every blob is verified by its id
/// before a byte of it is written. One per worker thread.</summary>
internal sealed class SegmentWriter(RestoreRun run) : IDisposable
{
    private readonly SegmentReader _segments = new(run.Repository);
    private byte[] _plain = [];

    /// <summary>Does one task.</summary>
    public void Process(SegmentTask task)
    {
        run.Cancel.ThrowIfCancellationRequested();
        foreach (FileTask file in task.InlineFiles)
            WriteInline(file);
        if (task.Segment is { } segment)
            WriteParts(segment, task.Parts);
        if (task.Joined.Count > 0)
            WriteJoined(task.Joined);
    }

    public void Dispose() => _segments.Dispose();

    private void WriteInline(FileTask file)
    {
        if (file.Entry.Content.Inline is { } bytes)
        {
            file.Write(0, bytes);
            run.Progress.Add(files: 0, bytes.Length);
        }

        file.Done();
    }

    private void WriteJoined(IReadOnlyList<SegmentTask> tasks)
    {
        SegmentLocation first = tasks[0].Segment!.Value;
        byte[]? fetched = SegmentRange.TryFetch(run.Repository, first, tasks[^1].Segment!.Value, run.Rooms);
        try
        {
            foreach (SegmentTask task in tasks)
            {
                run.Cancel.ThrowIfCancellationRequested();
                WriteParts(task.Segment!.Value, task.Parts, SegmentRange.Of(fetched, first, task.Segment.Value));
            }
        }
        finally
        {
            run.Rooms.Give(fetched);
        }
    }

    private void WriteParts(in SegmentLocation segment, List<SegmentPart> parts, ReadOnlySpan<byte> fetched = default)
    {
        if (_plain.Length < segment.PlainLength)
            _plain = GC.AllocateUninitializedArray<byte>(Math.Max(segment.PlainLength, Limits.SegmentSizeTarget), pinned: true);
        SnapstoreException? damage = Attempt(segment, _plain.AsSpan(0, segment.PlainLength), fetched);
        int verifiedOffset = -1;
        int first = 0;
        for (int i = 0; i < parts.Count; i++)
        {
            SegmentPart part = parts[i];
            if (part.Delta is { } delta)
            {
                Write(CollectionsMarshal.AsSpan(parts)[first..i]);
                WriteDelta(segment, part, delta, damage);
                first = i + 1;
                continue;
            }

            SnapstoreException? problem = damage ?? (part.BlobOffset == verifiedOffset ? null : Verify(part, _plain.AsSpan(part.BlobOffset, part.Length)));
            if (problem is not null || (i > first && !Continues(parts[i - 1], part)))
            {
                Write(CollectionsMarshal.AsSpan(parts)[first..i]);
                first = i;
            }

            if (problem is null)
            {
                verifiedOffset = part.BlobOffset;
                continue;
            }

            WriteOtherCopy(segment.Pack, part, problem);
            first = i + 1;
        }

        Write(CollectionsMarshal.AsSpan(parts)[first..]);
    }

    private void WriteDelta(in SegmentLocation segmentOfBase, in SegmentPart part, DeltaPart delta, SnapstoreException? damage)
    {
        PackReference suspect = damage is null ? delta.Segment.Pack : segmentOfBase.Pack;
        try
        {
            if (damage is not null)
                ExceptionDispatchInfo.Throw(damage);
            ReadOnlySpan<byte> frame = run.Frames.Open(_segments, delta.Segment).AsSpan(delta.Offset, delta.Length);
            ReadOnlySpan<byte> plain = _segments.OpenDelta(frame, _plain.AsSpan(part.BlobOffset, delta.BaseLength), part.Length).Span;
            _segments.Verify(PackKind.Data, part.Id, plain);
            part.File.Write(part.FileOffset, plain);
            Done(part);
        }
        catch (SnapstoreException e) when (OtherCopies.IsLoss(e))
        {
            WriteOtherCopy(suspect, part, e);
        }
    }

    private static bool Continues(in SegmentPart before, in SegmentPart part) =>
        part.File == before.File
        && part.FileOffset == before.FileOffset + before.Length
        && part.BlobOffset == before.BlobOffset + before.Length;

    // Chunks that follow one another in the segment and in the file are one write: a file takes one at a time, and
    // workers that write to the same file wait for each other.
    private void Write(ReadOnlySpan<SegmentPart> verified)
    {
        if (verified.IsEmpty)
            return;
        SegmentPart first = verified[0];
        int end = verified[^1].BlobOffset + verified[^1].Length;
        first.File.Write(first.FileOffset, _plain.AsSpan(first.BlobOffset, end - first.BlobOffset));
        foreach (SegmentPart part in verified)
            Done(part);
    }

    // A storage that fails says nothing about the data: then the restore fails, and no file is called damaged.
    private void WriteOtherCopy(PackReference failed, in SegmentPart part, SnapstoreException problem)
    {
        if (run.Repository.OtherCopies.TryRead(_segments, part.Id, failed.Key) is { } copy && copy.Length == part.Length)
            part.File.Write(part.FileOffset, copy);
        else if (problem is StorageException)
            ExceptionDispatchInfo.Throw(problem);
        else
            part.File.Damage(problem.Message);
        Done(part);
    }

    private void Done(in SegmentPart part)
    {
        run.Progress.Add(files: 0, part.Length);
        part.File.Done();
    }

    private SnapstoreException? Attempt(in SegmentLocation segment, Span<byte> plain, ReadOnlySpan<byte> fetched)
    {
        try
        {
            _segments.Read(segment, plain, fetched);
            return null;
        }
        catch (SnapstoreException e) when (OtherCopies.IsLoss(e))
        {
            return e;
        }
    }

    private CorruptDataException? Verify(in SegmentPart part, ReadOnlySpan<byte> bytes)
    {
        try
        {
            _segments.Verify(PackKind.Data, part.Id, bytes);
            return null;
        }
        catch (CorruptDataException e)
        {
            return e;
        }
    }
}
