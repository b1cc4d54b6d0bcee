using Snapstore.Storage;

namespace Snapstore.Tests.Storage;

public sealed class LocalStorageTests : StorageContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override IStorage Make() => LocalStorage.Create(_folder["repository"]);

    [Fact]
    public void Nothing_is_left_in_tmp_whether_objects_were_published_lost_or_given_up()
    {
        using IStorage storage = Make();
        storage.PutIfAbsent(Key("config"), "one"u8);
        storage.PutIfAbsent(Key("config"), "two"u8);
        using (IPendingObject pending = storage.BeginObject())
            pending.Append(new byte[1_000_000]);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["repository/tmp"]));
    }

    [Fact]
    public void What_a_repository_could_not_hold_is_passed_over()
    {
        using IStorage storage = Make();
        storage.PutIfAbsent(Key("packs/aa/one"), "one"u8);
        string folder = _folder["repository/packs/aa/"];
        File.WriteAllText(folder + "Upper", "");
        File.WriteAllText(folder + ".nfs0001", "");
        File.WriteAllText(folder + "with blank", "");
        File.CreateSymbolicLink(folder + "link", folder + "one");
        File.CreateSymbolicLink(folder + "dangling", "nowhere");
        Directory.CreateSymbolicLink(_folder["repository/packs/bb"], folder);
        Directory.CreateDirectory(folder + "folder");
        Tool.Run("mkfifo", folder + "pipe");
        Tool.Run("bash", "-c", $"touch '{folder}'$'\\xff'");
        Assert.Equal(["packs/aa/one"], storage.List("").Select(o => o.Key.Name));
        foreach (string name in new[] { "link", "dangling", "folder", "pipe" })
        {
            Assert.Null(storage.SizeOf(Key("packs/aa/" + name)));
            Assert.Throws<ObjectMissingException>(() => storage.Read(Key("packs/aa/" + name), 0, new byte[1]));
            Assert.False(storage.PutIfAbsent(Key("packs/aa/" + name), "new"u8));
        }
    }

    [Fact]
    public void A_folder_that_is_a_link_is_an_error_and_not_an_empty_folder()
    {
        using IStorage storage = Make();
        Directory.CreateDirectory(_folder["elsewhere"]);
        Directory.CreateSymbolicLink(_folder["repository/packs"], _folder["elsewhere"]);
        StorageException failure = Assert.Throws<StorageException>(() => storage.List("packs/").Count());
        Assert.Contains("symbolic links are not followed", failure.Message, StringComparison.Ordinal);
        Assert.Throws<StorageException>(() => storage.SizeOf(Key("packs/aa/one")));
        Assert.Throws<StorageException>(() => storage.Read(Key("packs/aa/one"), 0, new byte[1]));
        Assert.Throws<StorageException>(() => storage.PutIfAbsent(Key("packs/aa/one"), "one"u8));
        Assert.Throws<StorageException>(() => storage.Delete(Key("packs/aa/one")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["elsewhere"]));
    }

    [Fact]
    public void A_listing_goes_on_while_folders_vanish()
    {
        using IStorage storage = Make();
        storage.PutIfAbsent(Key("packs/0/stays"), "one"u8);
        using CancellationTokenSource done = new();
        Thread churn = new(() =>
        {
            while (!done.IsCancellationRequested)
            {
                for (int i = 1; i < 50; i++)
                    Directory.CreateDirectory(_folder[$"repository/packs/{i}"]);
                for (int i = 1; i < 50; i++)
                    Directory.Delete(_folder[$"repository/packs/{i}"]);
            }
        });
        churn.Start();
        try
        {
            for (int i = 0; i < 300; i++)
                Assert.Equal(["packs/0/stays"], storage.List("").Select(o => o.Key.Name));
        }
        finally
        {
            done.Cancel();
            churn.Join();
        }
    }

    [Fact]
    public void Stale_temporaries_of_dead_writers_go_and_all_else_in_tmp_stays()
    {
        using (IStorage storage = Make())
            storage.PutIfAbsent(Key("config"), "one"u8);
        string folder = _folder["repository/tmp/"];
        string stale = new('a', 32), fresh = new('b', 32);
        foreach (string name in new[] { stale, fresh, "notes.txt", new('A', 32) })
            File.WriteAllText(folder + name, "half an object");
        foreach (string name in new[] { stale, "notes.txt", new('A', 32) })
            Tool.Run("touch", "-d", "8 days ago", folder + name);
        Tool.Run("touch", "-d", "6 days ago", folder + fresh);
        using (IStorage storage = Make())
            _ = storage.List("").Count();
        Assert.True(File.Exists(folder + stale), "reading alone changes nothing");
        using (IStorage storage = Make())
            storage.PutIfAbsent(Key("keys/one"), "one"u8);
        Assert.Equal([new('A', 32), fresh, "notes.txt"], Directory.EnumerateFiles(folder).Select(p => Path.GetFileName(p)!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_writer_that_is_robbed_of_its_temporary_file_fails()
    {
        using IStorage storage = Make();
        using IPendingObject pending = storage.BeginObject();
        pending.Append("one"u8);
        foreach (string file in Directory.EnumerateFiles(_folder["repository/tmp"]))
            File.Delete(file);
        Assert.Throws<StorageException>(() => pending.Publish(Key("config")));
        Assert.Empty(storage.List(""));
    }

    [Fact]
    public void A_name_that_a_lost_reply_gave_already_is_ours()
    {
        using IStorage storage = Make();
        using IPendingObject pending = storage.BeginObject();
        string file = Assert.Single(Directory.EnumerateFiles(_folder["repository/tmp"]));
        Tool.Run("ln", file, _folder["repository/config"]);
        Assert.True(pending.Publish(Key("config")));
    }

    [Theory]
    [InlineData("0000")]
    [InlineData("0077")]
    [InlineData("0777")]
    public void Permissions_do_not_depend_on_the_umask(string umask)
    {
        string[] child = Tool.Child("create-and-put", _folder["repository"], "config", "packs/aa/one");
        Tool.Run("bash", ["-c", $"umask {umask}; exec \"$@\"", "bash", .. child]);
        foreach (string file in new[] { "config", "packs/aa/one" })
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder["repository/" + file]));
        foreach (string folder in new[] { "", "tmp", "packs", "packs/aa" })
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder["repository/" + folder]));
    }

    [Fact]
    public void A_place_that_is_not_there_is_no_repository()
    {
        Assert.Throws<RepositoryNotFoundException>(() => LocalStorage.Open(_folder["missing"]));
        File.WriteAllText(_folder["file"], "");
        Assert.Throws<RepositoryNotFoundException>(() => LocalStorage.Open(_folder["file"]));
        Assert.Throws<StorageException>(() => LocalStorage.Create(_folder["file"]));
        Assert.Throws<StorageException>(() => LocalStorage.Create(_folder["file/below"]));
        Assert.Throws<UsageException>(() => LocalStorage.Open(""));
    }

    [Fact]
    public void A_repository_is_made_with_the_folders_above_it_and_opened_through_links()
    {
        using (LocalStorage made = LocalStorage.Create(_folder["a/b/c/"]))
            made.PutIfAbsent(Key("config"), "one"u8);
        Directory.CreateSymbolicLink(_folder["link"], _folder["a/b"]);
        using LocalStorage opened = LocalStorage.Open(_folder["link/c"]);
        Assert.Equal("one"u8.ToArray(), ReadAll(opened, Key("config")));
    }

    [Fact]
    public void No_descriptor_is_left_open()
    {
        using (IStorage warm = Make())
            Exercise(warm, 0);
        int before = OpenFilesBelow();
        for (int round = 1; round < 4; round++)
        {
            using IStorage storage = Make();
            Exercise(storage, round);
        }

        Assert.Equal(before, OpenFilesBelow());
        Assert.Equal(0, before);
    }

    private static void Exercise(IStorage storage, int round)
    {
        // More than are kept open for reading.
        for (int i = 0; i < 70; i++)
        {
            storage.PutIfAbsent(Key($"packs/{round}/{i}"), [1]);
            if (i % 10 == 0)
                Assert.False(storage.PutIfAbsent(Key($"packs/{round}/{i}"), [1]));
            storage.Read(Key($"packs/{round}/{i}"), 0, new byte[1]);
        }

        _ = storage.List("").Count();
        storage.Delete(Key($"packs/{round}/1"));
        storage.Delete(Key($"packs/{round}/1"));
        Assert.Throws<ObjectMissingException>(() => storage.Read(Key("packs/none"), 0, new byte[1]));
    }

    // Of this test only: others run beside it.
    private int OpenFilesBelow() => Directory.EnumerateFileSystemEntries("/proc/self/fd")
        .Count(entry => new FileInfo(entry).LinkTarget?.StartsWith(_folder.Path, StringComparison.Ordinal) == true);
}
