using System.Text;
using Snapstore.Formats;
using Snapstore.Hashing;
using Snapstore.Repositories;

namespace Snapstore.Tests;

/// <summary>Reads all that a repository holds, as a restore would.</summary>
internal static class SnapshotContents
{
    private static readonly byte[] Zeros = new byte[64 << 10];

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
        Blake3Hasher hasher = new();
        hasher.Update(entry.Content.Inline ?? []);
        long length = entry.Content.Inline?.Length ?? 0;
        foreach (ContentItem item in trees.Items(entry.Content, entry.Size, path))
        {
            length += item.Length;
            if (!item.IsHole)
                hasher.Update(blobs.Read(item.Id, path));
            for (long rest = item.IsHole ? item.Length : 0; rest > 0; rest -= Zeros.Length)
                hasher.Update(Zeros.AsSpan(0, (int)Math.Min(rest, Zeros.Length)));
        }

        Assert.Equal(entry.Size, length);
        byte[] hash = new byte[ObjectHash.Size];
        hasher.Finish(hash);
        return Convert.ToHexStringLower(hash);
    }
}
