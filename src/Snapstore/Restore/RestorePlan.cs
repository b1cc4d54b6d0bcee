using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Restore;

/// <summary>A part of a file that a segment holds, or the base of it.</summary>
/// <param name="File">The file.</param>
/// <param name="FileOffset">Where in it the part begins.</param>
/// <param name="Id">The part's blob.</param>
/// <param name="BlobOffset">Bytes before it, or before its base, in the segment's plaintext.</param>
/// <param name="Length">Bytes of the part.</param>
/// <param name="Delta">Where the part is stored as a delta of a base in the segment.</param>
internal readonly record struct SegmentPart(FileTask File, long FileOffset, BlobId Id, int BlobOffset, int Length, DeltaPart? Delta = null);

/// <summary>Where the frame of a delta lies.</summary>
/// <param name="Segment">Its segment.</param>
/// <param name="Offset">Bytes before it in the segment's plaintext.</param>
/// <param name="Length">Bytes of it.</param>
/// <param name="BaseLength">Bytes of the base, which is its prefix.</param>
internal sealed record DeltaPart(SegmentLocation Segment, int Offset, int Length, int BaseLength);

/// <summary>A segment and everything that is to be written of it; or, without a segment, files whose content stands in
/// their entries, or segments that are fetched together.</summary>
internal sealed class SegmentTask(SegmentLocation? segment)
{
    /// <summary>The segment; null for inline content.</summary>
    public SegmentLocation? Segment { get; } = segment;

    /// <summary>What of it goes where.</summary>
    public List<SegmentPart> Parts { get; } = [];

    /// <summary>Files of inline or no content.</summary>
    public List<FileTask> InlineFiles { get; } = [];

    /// <summary>Segments that follow one another in their pack.</summary>
    public IReadOnlyList<SegmentTask> Joined { get; init; } = [];
}

/// <summary>Gathers the parts of files by segment, so that each segment is fetched and opened once, and hands them on in
/// batches, so that memory is bounded whatever is restored.</summary>
internal sealed class RestorePlan(Repository repository, Action<SegmentTask> hand)
{
    // 8,192 parts and their files take about 8 MiB; 256 files of several parts, and as many directories, are open at a time.
    private const int PartsMax = 8_192, OpenFilesMax = 256, OpenDirectoriesMax = 256, InlineFilesMax = 128;

    // A request costs a store (Ceph) about as much work as a MiB or two: with 6 MiB a request instead of 2 a restore of large files was a fifth quicker.
    // Parts of it stand for files that are kept meanwhile.
    private const int RangeLengthMax = 6 << 20, RangePartsMax = 1024;

    private readonly Dictionary<(string Pack, long Offset), SegmentTask> _bySegment = [];
    private readonly List<SegmentTask> _inOrder = [];
    private SegmentTask _inline = new(null);
    private int _parts;
    private int _openFiles;
    private int _openDirectories;

    /// <summary>Plans a file of inline or no content.</summary>
    public void AddInline(FileTask file)
    {
        _inline.InlineFiles.Add(file);
        if (_inline.InlineFiles.Count >= InlineFilesMax)
            HandInline();
    }

    /// <summary>Plans a file's content; what the repository does not have damages the file.</summary>
    public void Add(FileTask file, IEnumerable<ContentItem> items)
    {
        long offset = 0;
        int count = 0;
        try
        {
            foreach (ContentItem item in items)
            {
                if (!item.IsHole)
                    AddPart(file, offset, item);
                file.NeedsLength = item.IsHole;
                offset += item.Length;
                count++;
            }
        }
        catch (Exception e) when (e is CorruptDataException or Storage.ObjectMissingException)
        {
            file.Damage(e.Message);
        }

        file.Done();
        if (count > 1 && ++_openFiles >= OpenFilesMax)
            Flush();
    }

    /// <summary>Counts a directory that stays open until its files are done.</summary>
    public void AddDirectory()
    {
        if (++_openDirectories >= OpenDirectoriesMax)
            Flush();
    }

    /// <summary>Hands on what was gathered.</summary>
    public void Flush()
    {
        HandInline();
        foreach (List<SegmentTask> joined in SegmentRange.Join(repository.Storage, OrderOfFetching(), task => task.Segment!.Value, RangeLengthMax).SelectMany(InParts))
            hand(joined.Count == 1 ? joined[0] : new SegmentTask(null) { Joined = joined });
        _inOrder.Clear();
        _bySegment.Clear();
        (_parts, _openFiles, _openDirectories) = (0, 0, 0);
    }

    private static IEnumerable<List<SegmentTask>> InParts(List<SegmentTask> joined)
    {
        List<SegmentTask> some = [];
        int parts = 0;
        foreach (SegmentTask task in joined)
        {
            parts += task.Parts.Count;
            if (some.Count > 0 && parts > RangePartsMax)
            {
                yield return some;
                (some, parts) = ([], task.Parts.Count);
            }

            some.Add(task);
        }

        yield return some;
    }

    // Several workers seal segments, so that neighbours in a file need not lie in its order in the pack; only neighbours there are joined.
    private IEnumerable<SegmentTask> OrderOfFetching() => repository.Storage.RequestsMax <= 1
        ? _inOrder
        : _inOrder.GroupBy(task => task.Segment!.Value.Pack.Key).SelectMany(pack => pack.OrderBy(task => task.Segment!.Value.Offset));

    private void AddPart(FileTask file, long offset, ContentItem item)
    {
        BlobLocation place = repository.Index.Find(item.Id, "file content");
        if (place.Length != item.Length)
            throw new CorruptDataException($"blob {item.Id} has {place.Length} bytes where {item.Length} belong");
        file.AddPending();
        // Deltas go with their bases: frames are small and stand close together, so the bases are what takes reading.
        if (place.Delta is { } delta)
        {
            DeltaPart part = new(place.Segment, place.Offset, delta.FrameLength, delta.Base.Length);
            TaskOf(delta.Base.Segment).Parts.Add(new SegmentPart(file, offset, item.Id, delta.Base.Offset, place.Length, part));
        }
        else
        {
            TaskOf(place.Segment).Parts.Add(new SegmentPart(file, offset, item.Id, place.Offset, place.Length));
        }

        if (++_parts >= PartsMax)
            Flush();
    }

    private SegmentTask TaskOf(in SegmentLocation segment)
    {
        (string, long) key = (segment.Pack.Key.Name, segment.Offset);
        if (!_bySegment.TryGetValue(key, out SegmentTask? task))
        {
            _bySegment[key] = task = new SegmentTask(segment);
            _inOrder.Add(task);
        }

        return task;
    }

    private void HandInline()
    {
        if (_inline.InlineFiles.Count == 0)
            return;
        hand(_inline);
        _inline = new SegmentTask(null);
    }
}
