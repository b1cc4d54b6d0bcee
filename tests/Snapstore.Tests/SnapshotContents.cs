using System.Text;
using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Tests;

/// <summary>Reads all that a repository holds, as a restore would.</summary>
internal static class SnapshotContents
{
    /// <summary>Every path of a snapshot with a digest of what is there.</summary>
    public static SortedDictionary<string, string> ReadAll(Repository repository, SessionId snapshot)
    {
        SortedDictionary<string, string> found = new(StringComparer.Ordinal);
        using TreeReader trees = new(repository);
        using BlobReader blobs = new(repository);
        Stack<(BlobId Tree, string Path)> pending = new();
        pending.Push((SnapshotList.Read(repository, snapshot).Manifest.Root, ""));
        while (pending.TryPop(out (BlobId Tree, string Path) directory))
        {
            foreach (TreeEntry entry in trees.Entries(directory.Tree, directory.Path))
            {
                string path = $"{directory.Path}/{Encoding.UTF8.GetString(entry.Name)}";
                found[path] = $"{entry.Kind} {entry.Mode} {entry.Mtime} {Digest(entry, path, trees, blobs)}";
                if (entry.Kind == EntryKind.Directory)
                    pending.Push((entry.Tree, path));
            }
        }

        return found;
    }

    private static string Digest(TreeEntry entry, string path, TreeReader trees, BlobReader blobs)
    {
        using MemoryStream content = new();
        content.Write(entry.Content.Inline ?? []);
        foreach (ContentItem item in trees.Items(entry.Content, entry.Size, path))
            content.Write(item.IsHole ? new byte[item.Length] : blobs.Read(item.Id, path));
        Assert.Equal(entry.Size, content.Length);
        return Repository.HashOf(content.ToArray()).ToString();
    }
}
