using System.Text;
using Snapstore.Backup;
using Snapstore.Browse;
using Snapstore.Repositories;
using Snapstore.Sources.Split;

namespace Snapstore.Tests.Sources.Split;

/// <summary>Takes streams apart into a repository in memory, and looks at what came of them.</summary>
internal sealed class SplitStream(SplitFormat format, int workers = 2)
{
    private const string Top = "top";

    /// <summary>The repository.</summary>
    public TestRepository Repository { get; } = new() { Workers = workers };

    /// <summary>Takes a snapshot of the stream.</summary>
    public BackupReport Take(byte[] stream) => Take(new MemoryStream(stream));

    /// <summary>Takes a snapshot of the stream.</summary>
    public BackupReport Take(Stream stream)
    {
        using Repository open = Repository.Open();
        using SplitSource source = new(format, Encoding.UTF8.GetBytes(Top), stream);
        return SourceBackup.Run(open, source, Repository.Options, new RunProgress(), TimeProvider.System, default);
    }

    /// <summary>Says that the stream is refused with these words, and leaves no snapshot.</summary>
    public void AssertRefuses(byte[] stream, string words)
    {
        SourceException refused = Assert.Throws<SourceException>(() => Take(stream));
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
        Assert.Contains("no snapshot was made", refused.Message, StringComparison.Ordinal);
        Repository.AssertNoSnapshot();
    }

    /// <summary>Restores what came of the stream.</summary>
    public void Restore(BackupReport taken, string target)
    {
        Assert.Empty(Repository.Restore(taken.Id, Top, target).Damage);
    }

    /// <summary>The files that came of the stream, by path.</summary>
    public SortedDictionary<string, byte[]> Files(BackupReport taken)
    {
        using Repository open = Repository.Open();
        using SnapshotFiles files = new(open, new SnapshotPath(SnapshotList.Read(open, taken.Id!.Value), Encoding.UTF8.GetBytes(Top)), workers: 0);
        SortedDictionary<string, byte[]> all = new(StringComparer.Ordinal);
        Gather(files, "", all);
        return all;
    }

    private static void Gather(SnapshotFiles files, string path, SortedDictionary<string, byte[]> all)
    {
        foreach (Snapstore.Formats.TreeEntry entry in files.List(path).ToArray())
        {
            string below = $"{path}{Encoding.UTF8.GetString(entry.Name)}";
            if (entry.Kind == Snapstore.Formats.EntryKind.Directory)
                Gather(files, below + "/", all);
            else
                all[below] = entry.Kind == Snapstore.Formats.EntryKind.File ? files.ReadAll(below) : [];
        }
    }
}

/// <summary>Gives a few bytes at a time, as a pipe does.</summary>
internal sealed class Dribble(byte[] content, int step) : MemoryStream(content)
{
    public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, step)]);
}
