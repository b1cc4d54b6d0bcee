using Snapstore.Backup;
using Snapstore.Repositories;
using Snapstore.Restore;

namespace Snapstore.Tests.Restore;

public sealed class RestoreOverTests
{
    private const long Captured = 1_700_000_000;

    public static TheoryData<OverwritePolicy, string, bool> Ways()
    {
        TheoryData<OverwritePolicy, string, bool> ways = [];
        foreach (OverwritePolicy policy in Enum.GetValues<OverwritePolicy>())
        {
            foreach (string way in new[] { "file", "newer file", "empty directory", "full directory", "link to canary", "link to directory", "dangling link", "pipe", "hard link to canary" })
            {
                ways.Add(policy, way, false);
                ways.Add(policy, way, true);
            }
        }

        return ways;
    }

    // Every kind of entry of the snapshot meets every kind in its way.
    [Theory]
    [MemberData(nameof(Ways))]
    public void Nothing_outside_the_target_is_touched_whatever_is_in_the_way(OverwritePolicy policy, string way, bool deletes)
    {
        using TestDirectory place = new();
        (TestRepository repository, BackupReport taken) = Take(place);
        string target = place.Make("target");
        string[] names = ["file", "large", "dir", "link", "pipe", "hard-a", "hard-b"];
        foreach (string name in names)
            PutInTheWay(place, $"{target}/{name}", way);
        TreeLook canary = TreeLook.Of(place["canary"]);

        RestoreReport report = repository.Restore(taken.Id, place["tree"], target, options => options with { Overwrite = policy, Delete = deletes });

        TreeLook.AssertSame(canary, TreeLook.Of(place["canary"]));
        Assert.Empty(report.Damage);
        bool isReplaced = policy is OverwritePolicy.Always or OverwritePolicy.IfChanged
            && (deletes || way != "full directory") && report.Warnings.Count == 0;
        if (isReplaced)
            TreeLook.AssertSame(TreeLook.Of(place["tree"]), TreeLook.Of(target));
        else if (policy == OverwritePolicy.Never)
            Assert.All(["file", "large", "pipe"], name => AssertIsWay(place, $"{target}/{name}", way));
    }

    [Fact]
    public void Delete_removes_what_the_snapshot_does_not_have_and_follows_no_link()
    {
        using TestDirectory place = new();
        (TestRepository repository, BackupReport taken) = Take(place);
        string target = place["target"];
        repository.Restore(taken.Id, place["tree"], target);
        PutInTheWay(place, $"{target}/0-extra", "link to directory");
        PutInTheWay(place, $"{target}/dir/extra", "full directory");
        PutInTheWay(place, $"{target}/dir/extra/below", "link to directory");
        PutInTheWay(place, $"{target}/zz-extra", "pipe");
        TreeLook canary = TreeLook.Of(place["canary"]);

        RestoreReport dry = repository.Restore(taken.Id, place["tree"], target, options => options with { Delete = true, DryRun = true });
        Assert.True(Directory.Exists($"{target}/dir/extra"));
        RestoreReport report = repository.Restore(taken.Id, place["tree"], target, options => options with { Delete = true });

        Assert.Equal((3, 3), (dry.Deleted, report.Deleted));
        TreeLook.AssertSame(canary, TreeLook.Of(place["canary"]));
        TreeLook.AssertSame(TreeLook.Of(place["tree"]), TreeLook.Of(target));
    }

    [Fact]
    public void Deleting_spares_what_is_excluded_and_the_directories_above_it()
    {
        using TestDirectory place = new();
        (TestRepository repository, BackupReport taken) = Take(place);
        string target = place["target"];
        repository.Restore(taken.Id, place["tree"], target);
        Directory.CreateDirectory($"{target}/extra/deep/gone");
        TestFiles.Write($"{target}/extra/deep/spared.keep", "spared");
        TestFiles.Write($"{target}/extra/other", "removed");

        RestoreReport report = repository.Restore(taken.Id, place["tree"], target, options => options with
        {
            Delete = true,
            Excludes = Snapstore.Sources.ExcludeRules.Parse(["*.keep"]),
        });

        Assert.Equal(["deep", "spared.keep"], Directory.GetFileSystemEntries($"{target}/extra", "*", SearchOption.AllDirectories).Select(Path.GetFileName));
        Assert.Equal(0, report.Deleted);
        Assert.Empty(report.Warnings);
    }

    [Fact]
    public void A_second_restore_writes_only_what_differs()
    {
        using TestDirectory place = new();
        (TestRepository repository, BackupReport taken) = Take(place);
        RestoreReport first = repository.AssertRestores(taken.Id, place["tree"], place["target"]);
        TestFiles.Write(place["target/file"], "spoilt");
        File.SetUnixFileMode(place["target/large"], UnixFileMode.UserRead);

        RestoreReport second = repository.AssertRestores(taken.Id, place["tree"], place["target"]);

        Assert.Equal((1, first.FilesWritten - 1), (second.FilesWritten, second.FilesKept));
    }

    [Theory]
    [InlineData("exists")]
    [InlineData("is missing")]
    public void A_dry_run_changes_nothing(string target)
    {
        using TestDirectory place = new();
        (TestRepository repository, BackupReport taken) = Take(place);
        if (target == "exists")
            PutInTheWay(place, place.Make("target") + "/file", "file");
        TreeLook before = TreeLook.Of(place.Path);

        RestoreReport dry = repository.Restore(taken.Id, place["tree"], place["target"], options => options with { DryRun = true, Delete = true, Verify = true });

        TreeLook.AssertSame(before, TreeLook.Of(place.Path));
        Assert.Equal((0, 4), (dry.Deleted, dry.FilesWritten));
    }

    [Fact]
    public void Includes_and_excludes_select()
    {
        using TestDirectory place = new();
        (TestRepository repository, BackupReport taken) = Take(place);
        RestoreReport included = repository.Restore(taken.Id, place["tree"], place["in"], options => options with
        {
            HasIncludes = true,
            Includes = Snapstore.Sources.ExcludeRules.Parse([place["tree/dir/in*"], "link"]),
            Verify = true,
        });
        repository.Restore(taken.Id, place["tree"], place["out"], options => options with { Excludes = Snapstore.Sources.ExcludeRules.Parse(["dir", "hard-*"]) });
        Assert.Equal(["", "/dir", "/dir/inner", "/link"], TreeLook.Of(place["in"]).Lines.Keys);
        Assert.Equal(["", "/file", "/large", "/link", "/pipe"], TreeLook.Of(place["out"]).Lines.Keys);
        Assert.Empty(included.Damage);
        Assert.Equal(1, included.FilesVerified);
    }

    [Fact]
    public void A_target_that_is_a_file_is_a_clear_error()
    {
        using TestDirectory place = new();
        (TestRepository repository, BackupReport taken) = Take(place);
        TestFiles.Write(place["target"], "file");
        Assert.Contains("not a directory", Assert.Throws<SourceException>(() => repository.Restore(taken.Id, place["tree"], place["target"])).Message, StringComparison.Ordinal);
        Assert.Throws<SourceException>(() => repository.Restore(taken.Id, place["tree"], place["target/below"]));
        Assert.Throws<UsageException>(() => repository.Restore(taken.Id, place["tree"] + "/no", place["other"]));
        Assert.False(Directory.Exists(place["other"]));
    }

    [Fact]
    public void A_full_disk_ends_the_restore_and_leaves_no_half_file()
    {
        using TestDirectory place = new();
        string tree = place.Make("tree");
        for (int i = 0; i < 6; i++)
            TestFiles.Write($"{tree}/{i}", TestFiles.Bytes(i, 2 << 20));
        TestRepository repository = new();
        BackupReport taken = repository.Backup(tree);
        if (TestDirectory.Run("mount", "-t", "tmpfs", "-o", "size=5m", "tmpfs", place.Make("full")) != 0)
            return; // Not allowed here.
        try
        {
            SourceException failure = Assert.Throws<SourceException>(() => repository.Restore(taken.Id, tree, place["full"]));
            Assert.Contains("No space", failure.Message, StringComparison.Ordinal);
            Assert.All(Directory.GetFiles(place["full"]), file => Assert.True(File.ReadAllBytes(file).AsSpan().SequenceEqual(File.ReadAllBytes($"{tree}/{Path.GetFileName(file)}"))));
        }
        finally
        {
            TestDirectory.Run("umount", place["full"]);
        }
    }

    [Fact]
    public void A_cancelled_restore_leaves_no_half_file_and_no_open_descriptor()
    {
        using TestDirectory place = new();
        (TestRepository repository, BackupReport taken) = Take(place);
        Assert.ThrowsAny<OperationCanceledException>(() => repository.Restore(taken.Id, place["tree"], place["target"], cancel: new CancellationToken(canceled: true)));
        Assert.Empty(Directory.GetFiles(place["target"]));
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries("/proc/self/fd"), fd => (new FileInfo(fd).LinkTarget ?? "").StartsWith(place["target"], StringComparison.Ordinal));
    }

    [Fact]
    public void Verify_finds_a_flipped_byte_in_data_and_in_a_hole()
    {
        using TestDirectory place = new();
        (TestRepository repository, BackupReport taken) = Take(place, holes: true);
        repository.Restore(taken.Id, place["tree"], place["target"]);
        foreach (string name in new[] { "large", "holes", "dir/inner" })
        {
            FileInfo info = new($"{place["target"]}/{name}");
            DateTime time = info.LastWriteTimeUtc;
            TestDirectory.Run("cp", "-p", info.FullName, place["good"]);
            using (FileStream file = info.Open(FileMode.Open, FileAccess.Write))
            {
                file.Position = Math.Min(1 << 20, file.Length - 1);
                file.WriteByte(0x5a);
            }

            TestDirectory.Run("touch", "-r", place["good"], info.FullName);
            RestoreReport report = repository.Restore(taken.Id, place["tree"], place["target"], options => options with { Verify = true });
            Assert.Contains(name, Assert.Single(report.Damage), StringComparison.Ordinal);
            repository.Restore(taken.Id, place["tree"], place["target"], options => options with { Overwrite = OverwritePolicy.Always });
        }
    }

    [Fact]
    public void A_file_whose_segment_is_damaged_is_named_and_absent_with_all_its_names_and_the_others_are_whole()
    {
        using TestDirectory place = new();
        string tree = place.Make("tree");
        for (int i = 0; i < 40; i++)
            TestFiles.Write($"{tree}/{i:d2}", TestFiles.Bytes(i, 300_000));
        TestFiles.Write($"{tree}/victim", TestFiles.Bytes(1000, 4 << 20));
        TestDirectory.Run("ln", $"{tree}/victim", $"{tree}/zz-other-name");
        TestRepository repository = new(place["repository"]);
        BackupReport taken = repository.Backup(tree);
        Damage(repository, place["repository"], $"{tree}/victim");

        RestoreReport report = repository.Restore(taken.Id, tree, place["target"]);

        Assert.Contains(report.Damage, line => line.Contains("victim", StringComparison.Ordinal));
        Assert.Contains(report.Damage, line => line.Contains("zz-other-name", StringComparison.Ordinal));
        Assert.True(report.Damage.Count < 10, string.Join("\n", report.Damage));
        string[] lost = [.. report.Damage.Select(line => line[..line.IndexOf(':', StringComparison.Ordinal)].Replace(tree, "", StringComparison.Ordinal)), ""];
        Assert.All(lost[..^1], name => Assert.False(File.Exists(place["target"] + name)));
        TreeLook.AssertSame(TreeLook.Of(tree), TreeLook.Of(place["target"]), lost);
    }

    [Fact]
    public void Sparse_makes_holes_of_zeros()
    {
        using TestDirectory place = new();
        string tree = place.Make("tree");
        TestFiles.Write($"{tree}/zeros", new byte[5_000_001]);
        TestFiles.Write($"{tree}/some", [.. TestFiles.Bytes(1, 5000), .. new byte[2 << 20], .. TestFiles.Bytes(2, 5000), .. new byte[100_000]]);
        TestRepository repository = new();
        BackupReport taken = repository.Backup(tree);

        repository.Restore(taken.Id, tree, place["target"], options => options with { Sparse = true, Verify = true });

        Assert.Equal(0, TestFiles.Stat(place["target/zeros"])!.Value.Blocks);
        Assert.InRange(TestFiles.Stat(place["target/some"])!.Value.Blocks, 1, 64);
        Assert.True(File.ReadAllBytes($"{tree}/some").AsSpan().SequenceEqual(File.ReadAllBytes(place["target/some"])));
        Assert.Equal(5_000_001, new FileInfo(place["target/zeros"]).Length);
    }

    private static void Damage(TestRepository repository, string directory, string file)
    {
        using Repository open = repository.Open();
        BlobId id = open.Keys.DataId(File.ReadAllBytes(file).AsSpan(0, FirstChunk(open, File.ReadAllBytes(file))));
        BlobLocation place = open.Index.Find(id, "test");
        string pack = $"{directory}/{place.Segment.Pack.Key.Name}";
        File.SetUnixFileMode(pack, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using FileStream stream = new(pack, FileMode.Open, FileAccess.ReadWrite);
        stream.Position = place.Segment.Offset + 100;
        int value = stream.ReadByte();
        stream.Position--;
        stream.WriteByte((byte)(value ^ 1));
    }

    private static int FirstChunk(Repository open, byte[] content)
    {
        Snapstore.Chunking.ChunkerParameters parameters = Snapstore.Chunking.ChunkerParameters.Parse(open.Config.Chunker);
        return Snapstore.Chunking.Chunkers.Create(parameters, open.Keys[Snapstore.Crypto.KeyPurpose.Chunker]).NextCut(content, isEnd: true);
    }

    private static (TestRepository Repository, BackupReport Taken) Take(TestDirectory place, bool holes = false)
    {
        string tree = place.Make("tree");
        TestFiles.Write($"{tree}/file", "captured");
        TestFiles.Write($"{tree}/large", TestFiles.Bytes(1, 1_500_000));
        if (holes)
            TestDirectory.Run("truncate", "-s", "3M", $"{tree}/holes");
        TestFiles.Write($"{place.Make("tree/dir")}/inner", "inner");
        File.CreateSymbolicLink($"{tree}/link", "file");
        TestFiles.MakeFifo($"{tree}/pipe");
        if (!holes && place.Path.Length > 0)
            TestFiles.Write($"{tree}/hard-a", "two names");
        if (!holes)
            TestDirectory.Run("ln", $"{tree}/hard-a", $"{tree}/hard-b");
        foreach (string name in Directory.GetFiles(tree))
            TestFiles.SetTime(name, Captured, 1);
        TestFiles.Write($"{place.Make("canary")}/precious", "do not touch");
        TestFiles.Write($"{place.Make("canary/below")}/inner", "nor this");
        TestFiles.SetTime(place["canary/precious"], Captured + 1, 1);
        TestRepository repository = new();
        return (repository, repository.Backup(tree));
    }

    private static void PutInTheWay(TestDirectory place, string path, string way)
    {
        switch (way)
        {
            case "file": TestFiles.Write(path, "in the way"); TestFiles.SetTime(path, Captured - 1, 0); break;
            case "newer file": TestFiles.Write(path, "in the way"); break;
            case "empty directory": Directory.CreateDirectory(path); break;
            case "full directory": TestFiles.Write($"{Directory.CreateDirectory(path).FullName}/content", "in the way"); break;
            case "link to canary": File.CreateSymbolicLink(path, place["canary/precious"]); break;
            case "link to directory": File.CreateSymbolicLink(path, place["canary"]); break;
            case "dangling link": File.CreateSymbolicLink(path, place["canary/not-there"]); break;
            case "pipe": TestFiles.MakeFifo(path); break;
            case "hard link to canary": TestDirectory.Run("ln", place["canary/precious"], path); break;
        }
    }

    private static void AssertIsWay(TestDirectory place, string path, string way)
    {
        string other = place[$"like-{Path.GetFileName(path)}"];
        PutInTheWay(place, other, way);
        Assert.Equal(TestFiles.Stat(other)!.Value.Kind, TestFiles.Stat(path)!.Value.Kind);
        Assert.Equal(TestFiles.Stat(other)!.Value.Size, TestFiles.Stat(path)!.Value.Size);
    }
}
