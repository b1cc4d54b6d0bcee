using System.Text;
using Snapstore.Backup;
using Snapstore.Repositories;
using Snapstore.Sources;

namespace Snapstore.Tests.Backup;

public sealed class SelectionTests
{
    [Fact]
    public void Excluded_names_and_all_below_them_are_left_out()
    {
        using TestDirectory place = new();
        MakeTree(place);
        TestRepository repository = new();
        ExcludeRules rules = ExcludeRules.Parse(["*.o", "cache/", "!keep.o", place["tree/b/x"]]);
        TestFiles.Write(place["tree/a/f.o"], "o");
        TestFiles.Write(place["tree/a/keep.o"], "o");
        TestFiles.Write($"{place.Make("tree/a/cache")}/f", "o");

        BackupReport taken = repository.Backup(place["tree"], selection => selection with { Excludes = rules });

        Assert.Equal(["", "/a", "/a/keep.o", "/a/x", "/b", "/empty"], Restored(repository, taken, place).Keys);
        Assert.Equal(["*.o", "cache/", "!keep.o", place["tree/b/x"]], taken.Manifest.Excludes);
    }

    [Fact]
    public void A_tag_keeps_itself_and_nothing_else_of_its_directory()
    {
        using TestDirectory place = new();
        MakeTree(place);
        TestFiles.Write(place["tree/a/CACHEDIR.TAG"], "Signature: 8a477f597d28d172789f06886806bc55\nmore");
        TestFiles.Write(place["tree/b/CACHEDIR.TAG"], "not the signature");
        TestRepository repository = new();
        ExcludeRules rules = ExcludeRules.None.With([new IfPresentRule("CACHEDIR.TAG"u8.ToArray(), "Signature: 8a477f597d28d172789f06886806bc55"u8.ToArray())], long.MaxValue);

        BackupReport taken = repository.Backup(place["tree"], selection => selection with { Excludes = rules });

        Assert.Equal(["", "/a", "/a/CACHEDIR.TAG", "/b", "/b/CACHEDIR.TAG", "/b/x", "/empty"], Restored(repository, taken, place).Keys);
    }

    [Fact]
    public void Files_beyond_the_size_are_left_out()
    {
        using TestDirectory place = new();
        MakeTree(place);
        TestFiles.Write(place["tree/a/1000"], new byte[1000]);
        TestFiles.Write(place["tree/a/1001"], new byte[1001]);
        TestRepository repository = new();

        BackupReport taken = repository.Backup(place["tree"], selection => selection with { Excludes = ExcludeRules.None.With([], 1000) });

        Assert.Equal(["", "/a", "/a/1000", "/a/x", "/b", "/b/x", "/empty"], Restored(repository, taken, place).Keys);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Another_file_system_is_entered_unless_one_is_asked_for(bool isOne)
    {
        using TestDirectory place = new();
        MakeTree(place);
        if (TestDirectory.Run("mount", "-t", "tmpfs", "tmpfs", place["tree/empty"]) != 0)
            return; // Not allowed here.
        try
        {
            TestFiles.Write(place["tree/empty/inside"], "other");
            TestRepository repository = new();
            BackupReport taken = repository.Backup(place["tree"], selection => selection with { OneFileSystem = isOne });
            Assert.Equal(!isOne, Restored(repository, taken, place).ContainsKey("/empty/inside"));
            Assert.True(Restored(repository, taken, place).ContainsKey("/empty"));
        }
        finally
        {
            TestDirectory.Run("umount", place["tree/empty"]);
        }
    }

    [Fact]
    public void Nested_overlapping_and_dotted_paths_are_each_captured_once()
    {
        using TestDirectory place = new();
        MakeTree(place);
        TestRepository repository = new();
        string[] paths = [place["tree/a/x"], place["tree"] + "//./b/../a/", place["tree/b/x"], place["tree/b/x"]];

        BackupReport taken = repository.Backup(place.Path, selection => selection with { Paths = [.. paths.Select(Encoding.UTF8.GetBytes)] });

        Assert.Equal([place["tree/a"], place["tree/b/x"]], taken.Manifest.Paths.Select(Encoding.UTF8.GetString));
        Assert.Equal(["", "/a", "/a/x", "/b", "/b/x"], Restored(repository, taken, place).Keys);
        Assert.Equal(2, taken.Manifest.Counts.Files);
    }

    [Fact]
    public void A_selected_link_is_captured_as_a_link_and_a_link_on_the_way_is_followed()
    {
        using TestDirectory place = new();
        MakeTree(place);
        Directory.CreateSymbolicLink(place["way"], place["tree"]);
        TestRepository repository = new();

        BackupReport link = repository.Backup(place["way"]);
        BackupReport through = repository.Backup(place["way/a"]);
        BackupReport again = repository.Backup(place["way/a"]);

        Assert.Contains(link.Notes, note => note.Contains("symbolic link", StringComparison.Ordinal));
        repository.Restore(link.Id, place.Path, place["restored-link"]);
        Assert.Equal(place["tree"], new FileInfo(place["restored-link/way"]).LinkTarget);
        repository.AssertRestores(through.Id, place["way/a"], place["restored-through"]);
        Assert.Equal(through.Manifest.Root, again.Manifest.Root);
    }

    [Fact]
    public void A_path_that_is_missing_is_a_warning_and_all_missing_is_an_error()
    {
        using TestDirectory place = new();
        MakeTree(place);
        TestRepository repository = new();

        BackupReport taken = repository.Backup(place.Path, selection => selection with { Paths = [Encoding.UTF8.GetBytes(place["tree"]), Encoding.UTF8.GetBytes(place["no"])] });

        Assert.Contains(place["no"], Assert.Single(taken.Warnings), StringComparison.Ordinal);
        repository.AssertRestores(taken.Id, place["tree"], place["restored"]);
        Assert.Throws<SourceException>(() => repository.Backup(place["no"]));
        Assert.Throws<UsageException>(() => repository.Backup("relative"));
        Assert.Throws<UsageException>(() => repository.Backup(place.Path, selection => selection with { Paths = [] }));
        Assert.DoesNotContain(repository.Objects(), name => name.StartsWith("sessions/", StringComparison.Ordinal));
    }

    [Fact]
    public void The_parent_is_the_newest_of_the_same_host_and_paths()
    {
        using TestDirectory place = new();
        MakeTree(place);
        TestRepository repository = new();
        BackupReport first = repository.Backup(place["tree"]);
        BackupReport other = repository.Backup(place["tree"], options: repository.Options with { Host = "another" });
        BackupReport part = repository.Backup(place["tree/a"]);
        BackupReport second = repository.Backup(place["tree"]);
        Assert.Equal((null, null, first.Id), (other.Parent, part.Parent, second.Parent));
        Assert.Equal(2, second.Manifest.Sequence);
        Assert.Null(repository.Backup(place["tree"], selection => selection with { Force = true }).Parent);
    }

    [Fact]
    public void A_parent_of_other_paths_serves_as_far_as_it_goes()
    {
        using TestDirectory place = new();
        MakeTree(place);
        Directory.CreateSymbolicLink(place["way"], place["tree"]);
        TestRepository repository = new();
        BackupReport link = repository.Backup(place["way"]);
        using Repository open = repository.Open();
        Snapshot parent = SnapshotList.Read(open, link.Id!.Value);
        BackupReport taken = repository.Backup(place["way/a"], selection => selection with { Parent = parent });
        Assert.Empty(taken.Warnings);
        repository.AssertRestores(taken.Id, place["way/a"], place["restored"]);
    }

    private static SortedDictionary<string, string> Restored(TestRepository repository, BackupReport taken, TestDirectory place)
    {
        using TestDirectory target = new();
        repository.Restore(taken.Id, place["tree"], target["restored"]);
        return new SortedDictionary<string, string>(TreeLook.Of(target["restored"]).Lines.ToDictionary(), StringComparer.Ordinal);
    }

    private static void MakeTree(TestDirectory place)
    {
        TestFiles.Write($"{place.Make("tree/a")}/x", "a");
        TestFiles.Write($"{place.Make("tree/b")}/x", "b");
        place.Make("tree/empty");
    }
}
