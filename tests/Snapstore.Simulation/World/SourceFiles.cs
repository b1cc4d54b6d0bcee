using System.Globalization;
using System.Text;

namespace Snapstore.Simulation.World;

/// <summary>What is backed up: streams put together from few blocks in a few variants, so that snapshots share some of them and others are deltas; and directories on
/// this machine's disk, of which a snapshot takes some.</summary>
/// <remarks>The directories are made once on a machine and then left alone: their inode numbers and times are in the snapshots, and a
/// seed must do the same each time. They lie on a disk because a backup of files reads a real file system.</remarks>
internal static class SourceFiles
{
    /// <summary>Bytes of a block: the smallest that a repository may be cut into.</summary>
    public const int BlockSize = 4096;

    private const int Blocks = 10, Variants = 4, Directories = 6, StreamNames = 2, TailSize = 300;

    private static readonly Lazy<string> Root = new(MakeDirectories);

    private static readonly byte[][] Block = [.. Enumerable.Range(0, Blocks).Select(number => Bytes(number, BlockSize))];

    /// <summary>The name and bytes of the stream of this number.</summary>
    public static (string Name, byte[] Content) Stream(int number)
    {
        SeededRandom random = SeededRandom.Of((ulong)number, 7);
        MemoryStream content = new();
        int count = random.Below(4);
        for (int i = 0; i < count; i++)
            content.Write(Variant(random.Below(4) > 0 ? i : random.Below(Blocks), random.Below(Variants)));
        content.Write(Bytes(random.Below(Blocks), TailSize));
        return (string.Create(CultureInfo.InvariantCulture, $"s{random.Below(StreamNames)}"), content.ToArray());
    }

    /// <summary>What a snapshot of the stream of this number shows.</summary>
    public static SnapshotContent StreamContent(int number)
    {
        (string name, byte[] content) = Stream(number);
        return new SnapshotContent(new Dictionary<string, byte[]> { [$"/{name}"] = content });
    }

    /// <summary>The directories that the tree of this number takes, and the files in them.</summary>
    public static (IReadOnlyList<byte[]> Paths, SnapshotContent Content) Tree(int number)
    {
        int mask = 1 + (number % ((1 << Directories) - 1));
        List<byte[]> paths = [];
        Dictionary<string, byte[]> files = [];
        foreach (int directory in Enumerable.Range(0, Directories).Where(directory => (mask >> directory & 1) == 1))
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"{Root.Value}/d{directory}");
            paths.Add(Encoding.UTF8.GetBytes(path));
            foreach ((string name, byte[] content) in FilesOf(directory))
                files[$"{path}/{name}"] = content;
        }

        return (paths, new SnapshotContent(files));
    }

    private static IEnumerable<(string Name, byte[] Content)> FilesOf(int directory)
    {
        yield return ("small", Bytes(directory / 2, 500));
        yield return ("sub/large", [.. Block[directory], .. Bytes(directory, TailSize)]);
    }

    private static byte[] Bytes(int number, int size)
    {
        byte[] bytes = new byte[size];
        SeededRandom.Of((ulong)number, size).Fill(bytes);
        return bytes;
    }

    // A few bytes of a block are others: such blocks in the same place of two streams are stored as deltas.
    private static byte[] Variant(int block, int variant)
    {
        byte[] bytes = [.. Block[block]];
        if (variant > 0)
            Bytes(variant, 8).CopyTo(bytes, variant * 500);
        return bytes;
    }

    // Made whole under another name: of two processes that come here at once, one wins.
    private static string MakeDirectories()
    {
        string root = Path.Combine(Path.GetTempPath(), "snapstore-simulation-1");
        if (Directory.Exists(root))
            return root;
        string making = $"{root}.{Environment.ProcessId}";
        for (int directory = 0; directory < Directories; directory++)
        {
            foreach ((string name, byte[] content) in FilesOf(directory))
            {
                string path = Path.Combine(making, string.Create(CultureInfo.InvariantCulture, $"d{directory}"), name);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllBytes(path, content);
                File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch.AddDays(20_000 + directory));
            }
        }

        try
        {
            Directory.Move(making, root);
        }
        catch (IOException) when (Directory.Exists(root))
        {
            Directory.Delete(making, recursive: true);
        }

        return root;
    }
}
