using Snapstore.Formats;
using Snapstore.Text;

namespace Snapstore.Repositories;

/// <summary>Finds what stands at a path of a snapshot, reading only the nodes on the way.</summary>
public static class PathFinder
{
    private const int RootMode = 0x1ed; // 0755

    /// <summary>The directory that stands for `/`; it has no entry of its own, so its metadata are
    /// the same in all snapshots.</summary>
    public static TreeEntry Root(Snapshot snapshot)
    {
        SnapshotCounts counts = snapshot.Manifest.Counts;
        return new TreeEntry
        {
            Name = [],
            Kind = EntryKind.Directory,
            Mode = RootMode,
            Owner = new EntryOwner(0, 0, "", ""),
            Tree = snapshot.Manifest.Root,
            Below = new SubtreeTotals(counts.Files + counts.Directories + counts.Others, counts.Bytes),
        };
    }

    /// <summary>What stands at a path.</summary>
    /// <exception cref="UsageException">There is nothing; the message says how far the path goes.</exception>
    public static TreeEntry Find(TreeReader trees, SnapshotPath place)
    {
        Snapshot snapshot = place.Snapshot;
        ReadOnlySpan<byte> path = place.Path;
        TreeEntry entry = Root(snapshot);
        int end = 0;
        foreach (Range part in path.Split((byte)'/'))
        {
            ReadOnlySpan<byte> name = path[part];
            if (name.IsEmpty)
                continue;
            if (entry.Kind != EntryKind.Directory)
                throw NoSuchPath(snapshot, path, WhyNotDirectory(path[..end], entry));
            TreeEntry? next = trees.Find(entry.Tree, name, PrintablePath.Of(path[..end]));
            entry = next ?? throw NoSuchPath(snapshot, path, WhyMissing(path[..end], name));
            end = part.End.GetOffset(path.Length);
        }

        return entry;
    }

    private static string WhyNotDirectory(ReadOnlySpan<byte> path, TreeEntry entry) => entry.Kind == EntryKind.Symlink
        ? $"{PrintablePath.Of(path)} is a symbolic link to {PrintablePath.Of(entry.Target)}; name the path it leads to"
        : $"{PrintablePath.Of(path)} is not a directory";

    private static string WhyMissing(ReadOnlySpan<byte> directory, ReadOnlySpan<byte> name) =>
        $"{(directory.IsEmpty ? "/" : PrintablePath.Of(directory))} has no '{PrintablePath.Of(name)}'";

    private static UsageException NoSuchPath(Snapshot snapshot, ReadOnlySpan<byte> path, string why) =>
        new($"no such path in snapshot {snapshot.Id.ToShortString()}: {PrintablePath.Of(path)} ({why}); see: snapstore ls {snapshot.Id.ToShortString()}");
}
