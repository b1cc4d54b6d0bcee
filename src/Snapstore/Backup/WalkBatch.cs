using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Backup;

/// <summary>What the walk says next; the order of events is the order of the tree.</summary>
internal enum WalkEventKind
{
    /// <summary>An entry that is complete: unchanged, or without content to read.</summary>
    Entry = 1,

    /// <summary>A file whose content is to be read.</summary>
    File = 2,

    /// <summary>A directory whose entries follow.</summary>
    Begin = 3,

    /// <summary>The end of the directory begun last.</summary>
    End = 4,

    /// <summary>A place in the order of events whose coming is told.</summary>
    Mark = 5,
}

/// <summary>One event of a walk.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Entry">The entry; for a file without its content, for a directory without its tree.</param>
/// <param name="Job">For a file: what is to be read, and later what was.</param>
/// <param name="Reached">For a mark: called when all before it is stored.</param>
internal readonly record struct WalkEvent(WalkEventKind Kind, TreeEntry? Entry, FileJob? Job = null, Action? Reached = null);

/// <summary>A run of events and the content of the small files among them. Readers fill batches in any order, the
/// tree stage consumes them in the order of the walk.</summary>
internal sealed class WalkBatch : IDisposable
{
    /// <summary>Bytes of small files in one batch.</summary>
    public const int BufferSize = 1 << 20;

    /// <summary>Events in one batch: bounds the memory of metadata that waits.</summary>
    public const int EventsMax = 512;

    private readonly ManualResetEventSlim _read = new(false);

    /// <summary>The events in order.</summary>
    public List<WalkEvent> Events { get; } = new(64);

    /// <summary>Where small files are read to; taken when the first needs room.</summary>
    public byte[]? Buffer { get; set; }

    /// <summary>Bytes of the buffer that are spoken for.</summary>
    public int BufferUsed { get; set; }

    /// <summary>True where a file's content comes in pieces while the batch is consumed.</summary>
    public bool IsStreamed { get; set; }

    /// <summary>True once all its files were read.</summary>
    public bool IsRead => _read.IsSet;

    /// <summary>Says that all its files were read.</summary>
    public void MarkRead() => _read.Set();

    /// <summary>Waits until all its files were read; asks meanwhile whether they ever will be.</summary>
    public void WaitRead(Action throwIfFailed)
    {
        while (!_read.Wait(TimeSpan.FromMilliseconds(100)))
            throwIfFailed();
    }

    /// <summary>Lets go of what its files' opening needs: whoever was to read them has done so or never will.</summary>
    public void ReleaseSources()
    {
        foreach (WalkEvent next in Events)
            next.Job?.ReleaseSource();
    }

    public void Dispose() => _read.Dispose();
}

/// <summary>A part of a file as it was read: a chunk in a buffer, or a hole.</summary>
/// <param name="Id">The chunk's blob id; default for a hole.</param>
/// <param name="Offset">Where the chunk begins in its buffer.</param>
/// <param name="Length">Bytes.</param>
/// <param name="IsHole">True for a hole.</param>
/// <param name="Delta">The chunk as a difference, where that is how it is to be stored.</param>
/// <param name="NeedsBytes">True where the chunk's own bytes may be stored; false for holes, for what the repository has, and for differences, unless somebody is told of new bytes.</param>
internal readonly record struct ReadItem(BlobId Id, int Offset, long Length, bool IsHole, DeltaFrame? Delta = null, bool NeedsBytes = true);
