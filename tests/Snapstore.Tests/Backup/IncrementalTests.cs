using System.Text;
using Snapstore.Backup;
using Snapstore.Formats;
using Snapstore.Posix;
using Snapstore.Repositories;
using Snapstore.Sources;
using Snapstore.Storage;

namespace Snapstore.Tests.Backup;

public sealed class IncrementalTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void An_unchanged_tree_stores_a_manifest_and_nothing_else(int workers)
    {
        using TestDirectory place = new();
        MakeTree(place["tree"], directories: 30, files: 40);
        TestRepository repository = new() { Workers = workers };
        repository.Backup(place["tree"]);
        IReadOnlySet<string> before = repository.Objects();

        BackupReport second = repository.Backup(place["tree"]);

        Assert.Equal($"snapshots/{second.Id}", Assert.Single(repository.Objects().Except(before)));
        Assert.Equal(1200, second.Manifest.Counts.FilesUnchanged);
        Assert.Equal(second.Manifest.Counts.Directories, second.Manifest.Counts.DirectoriesUnchanged);
        Assert.Equal(0, second.Manifest.Counts.BytesStored);
    }

    [Fact]
    public void One_changed_file_among_many_stores_its_content_and_the_nodes_on_its_path()
    {
        using TestDirectory place = new();
        MakeTree(place["tree"], directories: 200, files: 100);
        TestRepository repository = new();
        repository.Backup(place["tree"]);
        TestFiles.Write(place["tree/17/42"], TestFiles.Bytes(12345, 3000));

        BackupReport second = repository.Backup(place["tree"]);

        SnapshotCounts counts = second.Manifest.Counts;
        Assert.Equal((1, 1, 3000), (counts.FilesChanged, counts.DataBlobsNew, counts.DataBytesNew));
        int depth = place["tree/17"].Split('/').Length;
        Assert.InRange(counts.MetaBlobsNew, 1, depth + 3);
        Assert.Equal(20_000 - 1, counts.FilesUnchanged);
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void One_entry_added_to_a_directory_of_many_rewrites_a_few_nodes()
    {
        using TestDirectory place = new();
        Directory.CreateDirectory(place["tree"]);
        using (DirectoryHandle directory = DirectoryHandle.Open(Encoding.UTF8.GetBytes(place["tree"])))
        {
            for (int i = 0; i < 100_000; i++)
                directory.CreateFile(Encoding.UTF8.GetBytes($"file-{i:x}"), 0x1a4).Dispose();
        }

        TestRepository repository = new();
        BackupReport first = repository.Backup(place["tree"]);
        TestFiles.Write(place["tree/file-5555-added"], "new");

        BackupReport second = repository.Backup(place["tree"]);

        Assert.InRange(second.Manifest.Counts.MetaBlobsNew, 2, place["tree"].Split('/').Length + 8);
        Assert.True(second.Manifest.Counts.MetaBytesNew < first.Manifest.Counts.MetaBytesNew / 20);
    }

    [Fact]
    public void Renamed_and_copied_files_and_directories_store_no_content()
    {
        using TestDirectory place = new();
        MakeTree(place["tree"], directories: 5, files: 5);
        TestFiles.Write(place["tree/large"], TestFiles.Bytes(7, 3 << 20));
        TestRepository repository = new();
        BackupReport first = repository.Backup(place["tree"]);
        File.Move(place["tree/large"], place["tree/0/renamed"]);
        File.Copy(place["tree/0/renamed"], place["tree/copied"]);
        Directory.Move(place["tree/1"], place["tree/moved"]);
        TestDirectory.Run("cp", "-r", place["tree/2"], place["tree/2-copied"]);

        BackupReport second = repository.Backup(place["tree"]);

        Assert.True(first.Manifest.Counts.DataBlobsNew > 0);
        Assert.Equal(0, second.Manifest.Counts.DataBlobsNew);
        repository.AssertRestores(second.Id, place["tree"], place["restored"]);
    }

    [Theory]
    [InlineData("nothing", "", 0, 0)]
    [InlineData("nothing", "checksum", 0, 0)]
    [InlineData("nothing", "force", 1, 0)]
    [InlineData("size", "", 1, 1)]
    [InlineData("size", "ctime inode", 1, 1)]
    [InlineData("content", "", 1, 1)]
    [InlineData("content with mtime kept", "", 1, 1)]
    [InlineData("content with mtime kept", "ctime", 0, 0)]
    [InlineData("content with mtime kept", "ctime checksum", 1, 1)]
    [InlineData("touch", "", 1, 0)]
    [InlineData("touch", "ctime inode", 1, 0)]
    [InlineData("chmod", "", 1, 0)]
    [InlineData("chmod", "ctime", 0, 0)]
    [InlineData("replaced by its like", "", 1, 0)]
    [InlineData("replaced by its like", "ctime", 1, 0)]
    [InlineData("replaced by its like", "ctime inode", 0, 0)]
    public void Change_is_seen_by_what_the_options_say(string change, string options, int changed, int newBlobs)
    {
        using TestDirectory place = new();
        string file = place["tree/file"];
        Directory.CreateDirectory(place["tree"]);
        TestFiles.Write(file, TestFiles.Bytes(1, 5000));
        TestFiles.SetTime(file, 1_700_000_000, 5);
        TestRepository repository = new();
        repository.Backup(place["tree"]);
        Change(change, file);

        BackupReport second = repository.Backup(place["tree"], selection => selection with
        {
            Checksum = options.Contains("checksum", StringComparison.Ordinal),
            Force = options.Contains("force", StringComparison.Ordinal),
            IgnoreCtime = options.Contains("ctime", StringComparison.Ordinal),
            IgnoreInode = options.Contains("inode", StringComparison.Ordinal),
        });

        Assert.Equal(changed, 1 - second.Manifest.Counts.FilesUnchanged);
        Assert.Equal(newBlobs, second.Manifest.Counts.DataBlobsNew);
        if (!options.Contains("ctime", StringComparison.Ordinal))
            repository.AssertRestores(second.Id, place["tree"], place["restored"]);
    }

    [Fact]
    public void Metadata_that_changes_is_captured_without_new_content()
    {
        using TestDirectory place = new();
        MakeTree(place["tree"], directories: 2, files: 2);
        Directory.CreateSymbolicLink(place["tree/link"], "somewhere");
        TestFiles.MakeFifo(place["tree/pipe"]);
        TestRepository repository = new();
        repository.Backup(place["tree"]);
        File.SetUnixFileMode(place["tree/0/1"], UnixFileMode.UserRead | UnixFileMode.SetUser);
        SetAttribute(place["tree"], "1", "user.of-directory");
        SetAttribute(place["tree/1"], "0", "user.of-file");
        File.SetUnixFileMode(place["tree/1"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        File.SetUnixFileMode(place["tree/pipe"], UnixFileMode.UserRead);
        TestFiles.SetTime(place["tree/link"], 1, 2);

        BackupReport second = repository.Backup(place["tree"]);

        Assert.Equal(0, second.Manifest.Counts.DataBlobsNew);
        Assert.True(second.Manifest.Counts.MetaBlobsNew > 0);
        repository.AssertRestores(second.Id, place["tree"], place["restored"]);
    }

    [Fact]
    public void Metadata_is_captured_where_ctime_is_ignored_and_content_is_not_read()
    {
        using TestDirectory place = new();
        MakeTree(place["tree"], directories: 1, files: 3);
        TestRepository repository = new();
        repository.Backup(place["tree"]);
        SetAttribute(place["tree/0"], "2", "user.new");
        File.SetUnixFileMode(place["tree/0/1"], UnixFileMode.UserRead);

        BackupReport second = repository.Backup(place["tree"], selection => selection with { IgnoreCtime = true });

        Assert.Equal(3, second.Manifest.Counts.FilesUnchanged);
        repository.AssertRestores(second.Id, place["tree"], place["restored"]);
    }

    [Theory]
    [InlineData("file to directory")]
    [InlineData("directory to file")]
    [InlineData("file to link")]
    [InlineData("file to socket")]
    [InlineData("removed")]
    [InlineData("removed last")]
    [InlineData("removed all")]
    [InlineData("too large")]
    public void What_was_in_the_parent_and_is_no_more_is_gone(string change)
    {
        using TestDirectory place = new();
        MakeTree(place["tree"], directories: 3, files: 3);
        TestRepository repository = new();
        repository.Backup(place["tree"]);
        ExcludeRules rules = ExcludeRules.None;
        // The directory's own times stay, as if nothing in it had changed.
        FileStat before = TestFiles.Stat(place["tree/1"])!.Value;
        switch (change)
        {
            case "file to directory": File.Delete(place["tree/1/1"]); Directory.CreateDirectory(place["tree/1/1/x"]); break;
            case "directory to file": Directory.Delete(place["tree/1"], recursive: true); TestFiles.Write(place["tree/1"], "file"); break;
            case "file to link": File.Delete(place["tree/1/1"]); File.CreateSymbolicLink(place["tree/1/1"], "2"); break;
            case "file to socket": File.Delete(place["tree/1/1"]); TestFiles.MakeSocket(place["tree/1/1"]); break;
            case "removed": File.Delete(place["tree/1/1"]); break;
            case "removed last": File.Delete(place["tree/1/2"]); break;
            case "removed all": Directory.Delete(place["tree/1"], recursive: true); Directory.CreateDirectory(place["tree/1"]); break;
            case "too large": rules = rules.With([], 50); break;
        }

        TestFiles.SetTime(place["tree/1"], before.MtimeSeconds, before.MtimeNanoseconds);
        BackupReport second = repository.Backup(place["tree"], selection => selection with { Excludes = rules });

        repository.Restore(second.Id, place["tree"], place["restored"]);
        TreeLook expected = TreeLook.Of(place["tree"]), actual = TreeLook.Of(place["restored"]);
        if (change == "too large")
            Assert.DoesNotContain(actual.Lines.Values, line => line.StartsWith("File", StringComparison.Ordinal));
        else
            TreeLook.AssertSame(expected, actual);
    }

    [Theory]
    [InlineData(PackKind.Data)]
    [InlineData(PackKind.Meta)]
    public void A_lost_pack_of_the_parent_is_stored_again(PackKind kind)
    {
        using TestDirectory place = new();
        MakeTree(place["tree"], directories: 10, files: 10);
        TestFiles.Write(place["tree/large"], TestFiles.Bytes(3, 3 << 20));
        MemoryStorage storage = new();
        TestRepository repository = new(storage);
        repository.Backup(place["tree"]);
        DeletePacks(repository, kind);

        BackupReport second = repository.Backup(place["tree"]);

        repository.AssertRestores(second.Id, place["tree"], place["restored"]);
        Assert.Empty(second.Warnings);
    }

    private static void DeletePacks(TestRepository repository, PackKind kind)
    {
        using Repository open = repository.Open();
        foreach (PackReference pack in open.Index.Packs.Where(pack => pack.Kind == kind).ToList())
            open.Storage.Delete(pack.Key);
    }

    private static void Change(string change, string file)
    {
        FileStat before = TestFiles.Stat(file)!.Value;
        byte[] content = TestFiles.Bytes(1, 5000);
        switch (change)
        {
            case "size": TestFiles.Write(file, TestFiles.Bytes(2, 6000)); break;
            case "content": TestFiles.Write(file, TestFiles.Bytes(2, 5000)); break;
            case "content with mtime kept": TestFiles.Write(file, TestFiles.Bytes(2, 5000)); break;
            case "touch": TestFiles.SetTime(file, 1_700_000_001, 5); return;
            case "chmod": File.SetUnixFileMode(file, UnixFileMode.UserRead); return;
            case "replaced by its like": File.Move(file, file + "-old"); TestFiles.Write(file, content); File.Delete(file + "-old"); break;
            default: return;
        }

        if (change != "content")
            TestFiles.SetTime(file, before.MtimeSeconds, before.MtimeNanoseconds);
    }

    private static void SetAttribute(string directory, string name, string attribute)
    {
        using DirectoryHandle handle = DirectoryHandle.Open(Encoding.UTF8.GetBytes(directory));
        ExtendedAttributes.Set(handle, Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(attribute), "value"u8);
    }

    private static void MakeTree(string path, int directories, int files)
    {
        for (int d = 0; d < directories; d++)
        {
            Directory.CreateDirectory($"{path}/{d}");
            for (int f = 0; f < files; f++)
                TestFiles.Write($"{path}/{d}/{f}", TestFiles.Bytes((d * files) + f, 100 + (((d * files) + f) % 400)));
        }
    }

    [Fact]
    public void A_file_whose_chunk_list_was_swept_or_cannot_be_read_counts_as_changed()
    {
        using TestDirectory place = new();
        Directory.CreateDirectory(place["tree"]);
        TestFiles.Write(place["tree/large"], TestFiles.Bytes(1, 3_000_000));
        TestRepository test = new() { Workers = 0 };
        BackupReport taken = test.Backup(place["tree"]);
        using Repository repository = test.Open();
        using TreeReader trees = new(repository), afterwards = new(repository);
        TreeEntry file = PathFinder.Find(trees, new SnapshotPath(SnapshotList.Read(repository, taken.Id!.Value), Encoding.UTF8.GetBytes(place["tree/large"])));
        Assert.NotNull(file.Content.List);
        FileSelection selection = new() { Paths = [] };
        Assert.True(new UnchangedFiles(repository, selection, trees).LooksUnchanged(file, TestFiles.Stat(place["tree/large"])!.Value));

        foreach (PackReference pack in repository.Index.Packs.Where(static pack => pack.Kind == PackKind.Meta))
            repository.Storage.Delete(pack.Key);

        Assert.False(new UnchangedFiles(repository, selection, afterwards).LooksUnchanged(file, TestFiles.Stat(place["tree/large"])!.Value));
    }
}
