using Snapstore.Formats;
using Snapstore.Sources;

namespace Snapstore.Backup;

/// <summary>A file to be read, and what was read of it.</summary>
/// <param name="opener">Opens the content.</param>
/// <param name="path">The path, for warnings.</param>
/// <param name="size">Bytes the file is expected to have; -1 for a stream.</param>
internal sealed class FileJob(IFileOpener opener, byte[] path, long size)
{
    private IFileOpener? _opener = opener;

    /// <summary>The path as raw bytes.</summary>
    public byte[] Path { get; } = path;

    /// <summary>Bytes expected; -1 for a stream.</summary>
    public long Size { get; } = size;

    /// <summary>True where the file may have holes.</summary>
    public bool MayHaveHoles { get; init; }

    /// <summary>True where the entry's attributes are still to be read.</summary>
    public bool WantsAttributes { get; init; }

    /// <summary>Where its room in the batch's buffer begins.</summary>
    public int BufferOffset { get; init; }

    /// <summary>The parent's entry, where the file looks unchanged and its content is to show whether it is.</summary>
    public TreeEntry? Compared { get; init; }

    /// <summary>The entry at the same path in the parent: what stood where this content stands.</summary>
    public TreeEntry? Base { get; init; }

    /// <summary>Takes the content once it is stored, for a file whose entry is built elsewhere; null where the entry goes into
    /// the open directory.</summary>
    public Action<FileContent, long>? Stored { get; init; }

    /// <summary>True cuts at fixed places, for contents made of pages.</summary>
    public bool IsPaged { get; init; }

    /// <summary>The parts read, for a small file.</summary>
    public List<ReadItem> Items { get; } = [];

    /// <summary>The pieces, for a file too large for a batch's buffer.</summary>
    public PieceQueue? Pieces { get; init; }

    /// <summary>Extended attributes as read.</summary>
    public ExtendedAttribute[]? Attributes { get; set; }

    /// <summary>Why the file is left out of the snapshot; null where it is in.</summary>
    public string? Failure { get; set; }

    /// <summary>What else is to be said about it; null where all is well.</summary>
    public string? Warning { get; set; }

    /// <summary>Opens the content; once only.</summary>
    public IFileContent Open()
    {
        try
        {
            return _opener!.Open();
        }
        finally
        {
            ReleaseSource();
        }
    }

    /// <summary>Lets go of what opening needs: it is open, or never will be.</summary>
    public void ReleaseSource() => Interlocked.Exchange(ref _opener, null)?.Dispose();
}
