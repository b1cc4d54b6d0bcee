using Snapstore.Formats;
using Snapstore.Posix;
using Snapstore.Repositories;
using Snapstore.Sources;

namespace Snapstore.Restore;

/// <summary>Reads restored files again from disk and compares each part with its blob's id: what `--verify` does.</summary>
internal sealed class RestoreVerification(RestoreRun run)
{
    private readonly PathBuffer _path = new(run.PathOfTarget);
    private byte[] _buffer = [];

    /// <summary>Verifies all files below a tree, or the single entry; differences are damage in the report.</summary>
    public void Verify(BlobId tree, TreeEntry? start)
    {
        using TreeReader trees = new(run.Repository);
        if (start is not null && start.Kind != EntryKind.Directory)
            VerifySingle(trees, start);
        else
            Attempt(() => VerifyDirectory(trees, run.Target, tree, 0));
    }

    private void VerifySingle(TreeReader trees, TreeEntry entry)
    {
        using PathBuffer.Part part = _path.Enter(entry.Name);
        VerifyEntry(trees, run.Target, entry, 0);
    }

    private void VerifyDirectory(TreeReader trees, DirectoryHandle directory, BlobId tree, int depth)
    {
        foreach (TreeEntry entry in trees.Entries(tree, Text.PrintablePath.Of(_path.Bytes)))
        {
            run.Cancel.ThrowIfCancellationRequested();
            using PathBuffer.Part part = _path.Enter(entry.Name);
            VerifyEntry(trees, directory, entry, depth);
        }
    }

    private void VerifyEntry(TreeReader trees, DirectoryHandle directory, TreeEntry entry, int depth)
    {
        bool isDirectory = entry.Kind == EntryKind.Directory && depth < Limits.TreeDepthMax;
        if (!IsSelected(isDirectory))
            return;
        if (isDirectory)
            Attempt(() => VerifyBelow(trees, directory, entry, depth));
        else if (entry.Kind == EntryKind.File)
            Attempt(() => VerifyFile(trees, directory, entry));
    }

    private void VerifyBelow(TreeReader trees, DirectoryHandle directory, TreeEntry entry, int depth)
    {
        using DirectoryHandle below = directory.OpenDirectory(entry.Name);
        VerifyDirectory(trees, below, entry.Tree, depth + 1);
    }

    private void Attempt(Action verify)
    {
        try
        {
            verify();
        }
        catch (Exception e) when (e is PosixException or CorruptDataException or Storage.ObjectMissingException)
        {
            run.Tally.Damage(_path.Bytes, $"could not be verified: {e.Message}");
        }
    }

    private bool IsSelected(bool isDirectory) =>
        !run.Options.Excludes.IsExcluded(_path.Bytes, isDirectory)
        && (!run.Options.HasIncludes || run.Options.Includes.Matches(_path.Bytes, isDirectory) || (isDirectory && run.Options.Includes.MayMatchBelow(_path.Bytes)));

    private void VerifyFile(TreeReader trees, DirectoryHandle directory, TreeEntry entry)
    {
        using FileHandle file = directory.OpenForReading(entry.Name);
        string? difference = file.Stat().Size != entry.Size ? $"has {file.Stat().Size} bytes instead of {entry.Size}" : null;
        long offset = 0;
        if (entry.Content.Inline is { } inline)
            difference ??= Part(file, 0, inline.Length).SequenceEqual(inline) ? null : "differs from the snapshot";
        foreach (ContentItem item in trees.Items(entry.Content, entry.Size, Text.PrintablePath.Of(_path.Bytes)))
        {
            if (difference is not null)
                break;
            bool isRight = item.IsHole
                ? IsZero(file, offset, offset + item.Length)
                : run.Repository.Keys.DataId(Part(file, offset, (int)item.Length)) == item.Id;
            if (!isRight)
                difference = $"differs from the snapshot at byte {offset}";
            offset += item.Length;
        }

        if (difference is null)
            run.Tally.VerifiedFile();
        else
            run.Tally.Damage(_path.Bytes, difference);
    }

    // What is a hole on disk as well need not be read.
    private bool IsZero(FileHandle file, long start, long end)
    {
        const int Step = 1 << 20;
        while (start < end && file.NextData(start) is { } data && data.Start < end)
        {
            start = Math.Max(start, data.Start);
            long dataEnd = Math.Min(end, data.End);
            for (; start < dataEnd; start = Math.Min(dataEnd, start + Step))
            {
                if (Part(file, start, (int)Math.Min(Step, dataEnd - start)).ContainsAnyExcept((byte)0))
                    return false;
            }
        }

        return true;
    }

    private ReadOnlySpan<byte> Part(FileHandle file, long offset, int length)
    {
        if (_buffer.Length < length)
            _buffer = new byte[length];
        int done = 0;
        while (done < length)
        {
            int count = file.Read(offset + done, _buffer.AsSpan(done, length - done));
            if (count == 0)
                break;
            done += count;
        }

        return _buffer.AsSpan(0, done);
    }
}
