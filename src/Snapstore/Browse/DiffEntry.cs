using Snapstore.Formats;

namespace Snapstore.Browse;

/// <summary>How a path differs between two trees.</summary>
public enum DiffKind
{
    /// <summary>Only the second has it.</summary>
    Added = 1,

    /// <summary>Only the first has it.</summary>
    Removed = 2,

    /// <summary>A file's bytes, a link's target or a device's number differ; metadata may too.</summary>
    ContentChanged = 3,

    /// <summary>Mode, owner, mtime or attributes differ, and nothing else.</summary>
    MetadataChanged = 4,

    /// <summary>One kind of thing became another.</summary>
    TypeChanged = 5,
}

/// <summary>One difference.</summary>
/// <param name="Kind">How it differs.</param>
/// <param name="Path">Its path, raw bytes.</param>
/// <param name="Before">What the first has; null for Added.</param>
/// <param name="After">What the second has; null for Removed.</param>
public sealed record DiffEntry(DiffKind Kind, byte[] Path, TreeEntry? Before, TreeEntry? After)
{
    /// <summary>How two entries of one name differ; null where they do not, whatever lies below them.</summary>
    public static DiffKind? Compare(TreeEntry before, TreeEntry after)
    {
        if (before.Kind != after.Kind)
            return DiffKind.TypeChanged;
        bool isSameContent = before.Size == after.Size
            && before.Content.IsSameAs(after.Content)
            && before.Target.AsSpan().SequenceEqual(after.Target)
            && before.Rdev == after.Rdev;
        if (!isSameContent)
            return DiffKind.ContentChanged;
        return IsSameMetadata(before, after) ? null : DiffKind.MetadataChanged;
    }

    private static bool IsSameMetadata(TreeEntry before, TreeEntry after)
    {
        bool isSame = before.Mode == after.Mode
            && before.Mtime == after.Mtime
            && before.Owner == after.Owner
            && before.Attributes.Length == after.Attributes.Length;
        for (int i = 0; isSame && i < before.Attributes.Length; i++)
        {
            isSame = before.Attributes[i].Name.AsSpan().SequenceEqual(after.Attributes[i].Name)
                && before.Attributes[i].Value.AsSpan().SequenceEqual(after.Attributes[i].Value);
        }

        return isSame;
    }
}
