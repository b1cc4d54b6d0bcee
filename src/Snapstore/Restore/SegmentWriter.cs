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

    private void WriteParts(in SegmentLocation segment, List<SegmentPart> parts)
    {
        if (_plain.Length < segment.PlainLength)
            _plain = GC.AllocateUninitializedArray<byte>(Math.Max(segment.PlainLength, Limits.SegmentSizeTarget), pinned: true);
        string? damage = Attempt(segment, _plain.AsSpan(0, segment.PlainLength));
        int verifiedOffset = -1;
        foreach (SegmentPart part in parts)
        {
            ReadOnlySpan<byte> bytes = _plain.AsSpan(part.BlobOffset, part.Length);
            string? problem = damage ?? (part.BlobOffset == verifiedOffset ? null : Verify(part, bytes));
            if (problem is null)
            {
                verifiedOffset = part.BlobOffset;
                part.File.Write(part.FileOffset, bytes);
            }
            else
            {
                part.File.Damage(problem);
            }

            run.Progress.Add(files: 0, part.Length);
            part.File.Done();
        }
    }

    private string? Attempt(in SegmentLocation segment, Span<byte> plain)
    {
        try
        {
            _segments.Read(segment, plain);
            return null;
        }
        catch (Exception e) when (e is CorruptDataException or Storage.ObjectMissingException or UnsupportedException)
        {
            return e.Message;
        }
    }

    private string? Verify(in SegmentPart part, ReadOnlySpan<byte> bytes)
    {
        try
        {
            _segments.Verify(PackKind.Data, part.Id, bytes);
            return null;
        }
        catch (CorruptDataException e)
        {
            return e.Message;
        }
    }
}
