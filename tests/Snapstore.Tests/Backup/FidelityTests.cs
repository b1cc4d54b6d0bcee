using System.Text;
using Snapstore.Backup;
using Snapstore.Restore;

namespace Snapstore.Tests.Backup;

public sealed class FidelityTests(SharedZoo shared) : IClassFixture<SharedZoo>
{
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void A_restored_zoo_is_the_zoo(int workers)
    {
        using TestDirectory place = new();
        string zoo = shared.Path;
        TestRepository repository = new(place["repository"]) { Workers = workers };

        BackupReport taken = repository.Backup(zoo);

        Assert.Empty(taken.Warnings);
        Assert.Contains(taken.Notes, note => note.Contains("socket", StringComparison.Ordinal));
        RestoreReport restored = repository.Restore(taken.Id, zoo, place["restored"], options => options with { Verify = true });
        Assert.Empty(restored.Warnings);
        Assert.Empty(restored.Damage);
        TreeLook.AssertSame(TreeLook.Of(zoo), TreeLook.Of(place["restored"]));
        AssertCounts(zoo, taken, restored);
        AssertSecondSnapshotIsFree(repository, zoo);
    }

    [Fact]
    public void A_path_of_a_snapshot_is_restored_by_itself()
    {
        using TestDirectory place = new();
        TestRepository repository = new();
        BackupReport taken = repository.Backup(shared.Path);

        foreach (string path in new[] { "links", "sparse", "attributes/default-acl", "long-path" })
        {
            string target = place["restored/" + path];
            Assert.Empty(repository.Restore(taken.Id, $"{shared.Path}/{path}", target).Damage);
            TreeLook.AssertSame(TreeLook.Of($"{shared.Path}/{path}"), TreeLook.Of(target));
        }
    }

    [Theory]
    [InlineData("sizes/3145728")]
    [InlineData("sizes/200")]
    [InlineData("sizes/0")]
    [InlineData("sparse/huge")]
    [InlineData("links/dangling")]
    [InlineData("links/large-original")]
    [InlineData("nodes/fifo")]
    public void A_single_entry_is_restored_into_the_target(string path)
    {
        using TestDirectory place = new();
        TestRepository repository = new();
        BackupReport taken = repository.Backup($"{shared.Path}/{path}");

        RestoreReport report = repository.Restore(taken.Id, $"{shared.Path}/{path}", place["one"], options => options with { Verify = true });

        Assert.Empty(report.Damage);
        string name = "/" + path.Split('/')[^1];
        TreeLook one = TreeLook.Of(place["one"]), all = TreeLook.Of($"{shared.Path}/{path.Split('/')[0]}");
        Assert.Equal(["", name], one.Lines.Keys);
        Assert.Equal(all.Lines[name].Split(" same as ")[0], one.Lines[name]);
    }

    [Fact]
    public void The_whole_snapshot_is_restored_with_the_directories_on_the_way()
    {
        using TestDirectory place = new();
        string tree = place.Make("tree");
        TestFiles.Write($"{tree}/file", "content");
        TestRepository repository = new();
        BackupReport taken = repository.Backup(tree);

        repository.Restore(taken.Id, "", place["restored"]);

        TreeLook.AssertSame(TreeLook.Of(tree), TreeLook.Of(place["restored"] + tree));
        Assert.Equal(Encoding.UTF8.GetBytes(tree), taken.Manifest.Paths[0]);
    }

    // Blocks as a hole tells nothing of what is in it: a hole costs no disk in the target either.
    [Fact]
    public void A_terabyte_of_hole_takes_no_disk()
    {
        using TestDirectory place = new();
        TestRepository repository = new();
        BackupReport taken = repository.Backup(shared.Path + "/sparse/huge");

        repository.Restore(taken.Id, shared.Path + "/sparse/huge", place["one"]);

        Assert.Equal(1L << 40, TestFiles.Stat(place["one/huge"])!.Value.Size);
        Assert.InRange(TestFiles.Stat(place["one/huge"])!.Value.Blocks, 1, 64);
    }

    private static void AssertCounts(string zoo, BackupReport taken, RestoreReport restored)
    {
        TreeLook look = TreeLook.Of(zoo);
        Assert.Equal(look.Lines.Values.Count(line => line.StartsWith("File", StringComparison.Ordinal)), taken.Manifest.Counts.Files);
        Assert.Equal(look.Lines.Values.Count(line => line.StartsWith("Directory", StringComparison.Ordinal)), restored.Directories);
        Assert.Equal(look.Lines.Count, restored.FilesWritten + restored.Directories + restored.Others);
    }

    private static void AssertSecondSnapshotIsFree(TestRepository repository, string zoo)
    {
        IReadOnlySet<string> before = repository.Objects();
        BackupReport again = repository.Backup(zoo);
        IEnumerable<string> stored = repository.Objects().Except(before);
        Assert.Equal(again.Manifest.Counts.Files, again.Manifest.Counts.FilesUnchanged);
        Assert.True(stored.Count() == 1, $"{string.Join(", ", stored)}: {again.Manifest.Counts}");
    }
}
