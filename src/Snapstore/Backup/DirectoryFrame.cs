using System.Diagnostics.CodeAnalysis;
using Snapstore.Formats;
using Snapstore.Sources;

namespace Snapstore.Backup;

/// <summary>One directory that a walk is in. Holds back entries as long as all are as in the parent; only the first
/// that differs makes it emit the directory and what it held.</summary>
internal sealed class DirectoryFrame(
    BackupPipeline pipeline, DirectoryFrame? above, TreeEntry entry, TreeEntry? parent, ParentEntries parentEntries, DirectoryOpener opener, int pathLengthBefore)
    : IDisposable
{
    // Bounds what is held back; a larger directory is emitted even if it turns out unchanged (its nodes are then known).
    private const int HeldMax = 1024;

    private readonly List<TreeEntry> _held = [];
    private int _matched;

    /// <summary>The frame of the directory that this one is in; null for the root.</summary>
    public DirectoryFrame? Above { get; } = above;

    /// <summary>The directory on disk.</summary>
    public DirectoryOpener Opener { get; } = opener;

    /// <summary>The databases met in it whose companions may still come.</summary>
    public List<MetDatabase> Databases { get; } = [];

    /// <summary>Length of the path above it.</summary>
    public int PathLengthBefore { get; } = pathLengthBefore;

    private bool IsEmitted { get; set; }

    /// <summary>The parent's entry of this name; null where it has none.</summary>
    public TreeEntry? Match(ReadOnlySpan<byte> name)
    {
        TreeEntry? match = parentEntries.Match(name);
        _matched += match is null ? 0 : 1;
        return match;
    }

    /// <summary>Adds an entry that is complete; <paramref name="isSame"/> says that it is the parent's own.</summary>
    public void Add(TreeEntry added, bool isSame)
    {
        if (!isSame || parentEntries.HasSkipped || _held.Count == HeldMax)
            Emit();
        if (IsEmitted)
            pipeline.Entry(added);
        else
            _held.Add(added);
    }

    /// <summary>Emits the directory, those above it, and what was held back.</summary>
    public void Emit()
    {
        if (IsEmitted)
            return;
        Above?.Emit();
        IsEmitted = true;
        pipeline.Begin(entry);
        foreach (TreeEntry held in _held)
            pipeline.Entry(held);
        _held.Clear();
    }

    /// <summary>Ends the directory. True where it is wholly as in the parent: <paramref name="whole"/> is its entry with
    /// the parent's tree, <paramref name="isSame"/> says that the entry is the parent's own too.</summary>
    public bool TryReuse([NotNullWhen(true)] out TreeEntry? whole, out bool isSame)
    {
        whole = null;
        isSame = false;
        // An entry that was met and could not be captured, or was left out, is in the parent's tree and not in this one.
        bool hasAll = parentEntries.IsAtEnd && !parentEntries.HasSkipped && _matched == _held.Count;
        if (!IsEmitted && parent is not null && hasAll)
        {
            whole = entry with { Tree = parent.Tree, Below = parent.Below };
            isSame = HasSameMetadata(parent, entry);
            if (isSame)
                whole = parent;
            return true;
        }

        Emit();
        pipeline.End();
        return false;
    }

    public void Dispose()
    {
        parentEntries.Dispose();
        Opener.Dispose();
    }

    private static bool HasSameMetadata(TreeEntry a, TreeEntry b) =>
        a.Mode == b.Mode
        && a.Mtime == b.Mtime
        && a.Ctime == b.Ctime
        && a.Inode == b.Inode
        && a.Owner == b.Owner
        && ReferenceEquals(a.Attributes, b.Attributes);
}
