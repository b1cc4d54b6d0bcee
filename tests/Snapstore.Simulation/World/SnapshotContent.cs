using System.Text;
using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Simulation.World;

/// <summary>The files of a snapshot: path -> bytes.</summary>
internal sealed class SnapshotContent(IReadOnlyDictionary<string, byte[]> files)
{
    /// <summary>The files.</summary>
    public IReadOnlyDictionary<string, byte[]> Files { get; } = files;

    /// <summary>What a snapshot shows.</summary>
    /// <exception cref="SnapstoreException">It cannot be read.</exception>
    public static SnapshotContent Read(Repository repository, Snapshot snapshot)
    {
        using TreeReader trees = new(repository);
        using BlobReader blobs = new(repository);
        Dictionary<string, byte[]> files = [];
        Add(snapshot.Manifest.Root, "");
        return new SnapshotContent(files);

        void Add(BlobId directory, string path)
        {
            foreach (TreeEntry entry in trees.Entries(directory, "simulation").ToList())
            {
                string name = $"{path}/{Encoding.UTF8.GetString(entry.Name)}";
                if (entry.Kind == EntryKind.Directory)
                    Add(entry.Tree, name);
                else
                    files[name] = Bytes(trees, blobs, entry);
            }
        }
    }

    /// <summary>True where both show the same.</summary>
    public bool IsSameAs(SnapshotContent other) => Files.Count == other.Files.Count
        && Files.All(file => other.Files.TryGetValue(file.Key, out byte[]? bytes) && file.Value.AsSpan().SequenceEqual(bytes));

    private static byte[] Bytes(TreeReader trees, BlobReader blobs, TreeEntry file)
    {
        MemoryStream content = new();
        content.Write(file.Content.Inline ?? []);
        foreach (ContentItem item in trees.Items(file.Content, file.Size, "simulation"))
            content.Write(blobs.Read(item.Id, "simulation"));
        return content.ToArray();
    }
}
