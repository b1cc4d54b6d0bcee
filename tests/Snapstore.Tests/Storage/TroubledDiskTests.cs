using Snapstore.Storage;

namespace Snapstore.Tests.Storage;

/// <summary>Full and read-only disks and missing permissions, the real ones.</summary>
public sealed class TroubledDiskTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private bool _isMounted;

    public void Dispose()
    {
        if (_isMounted)
            Tool.Run("umount", "--lazy", _folder["disk"]);
        _folder.Dispose();
    }

    [RootFact]
    public void A_full_disk_is_named_and_leaves_no_object_and_no_harm()
    {
        Mount("size=1m");
        using LocalStorage storage = LocalStorage.Create(_folder["disk/repository"]);
        Assert.True(storage.PutIfAbsent(Key("config"), "one"u8));
        File.WriteAllBytes(_folder["disk/other"], new byte[700_000]);
        foreach (int size in new[] { 5_000_000, 400_000 })
        {
            StorageException full = Assert.Throws<StorageException>(() => storage.PutIfAbsent(Key("packs/aa/one"), new byte[size]));
            Assert.Contains("the disk is full", full.Message, StringComparison.Ordinal);
            Assert.Equal(["config"], storage.List("").Select(o => o.Key.Name));
            Assert.Empty(Directory.EnumerateFiles(_folder["disk/repository/tmp"]));
        }

        File.Delete(_folder["disk/other"]);
        Assert.True(storage.PutIfAbsent(Key("packs/aa/one"), new byte[400_000]));
        Assert.Equal(2, storage.List("").Count());
    }

    [RootFact]
    public void A_disk_without_room_for_a_name_is_a_full_disk()
    {
        Mount("size=1m,nr_inodes=6");
        using LocalStorage storage = LocalStorage.Create(_folder["disk/repository"]);
        StorageException full = Assert.Throws<StorageException>(() =>
        {
            for (int i = 0; i < 10; i++)
                storage.PutIfAbsent(Key($"packs/{i}/one"), "one"u8);
        });
        Assert.Contains("the disk is full", full.Message, StringComparison.Ordinal);
    }

    [RootFact]
    public void A_read_only_disk_can_be_read_and_is_named()
    {
        Mount("size=1m");
        using (LocalStorage storage = LocalStorage.Create(_folder["disk/repository"]))
            storage.PutIfAbsent(Key("config"), "one"u8);
        Tool.Run("mount", "-o", "remount,ro", _folder["disk"]);
        using LocalStorage reader = LocalStorage.Open(_folder["disk/repository"]);
        byte[] content = new byte[3];
        reader.Read(Key("config"), 0, content);
        Assert.Equal("one"u8.ToArray(), content);
        foreach (Action change in new Action[] { () => reader.PutIfAbsent(Key("keys/one"), "one"u8), () => reader.Delete(Key("config")) })
            Assert.Contains("mounted read-only", Assert.Throws<StorageException>(change).Message, StringComparison.Ordinal);
    }

    [RootFact]
    public void A_folder_on_another_disk_is_named()
    {
        using LocalStorage storage = LocalStorage.Create(_folder["repository"]);
        Directory.CreateDirectory(_folder["repository/packs"]);
        Directory.CreateDirectory(_folder["disk"]);
        Mount("size=1m");
        Tool.Run("mount", "--bind", _folder["disk"], _folder["repository/packs"]);
        try
        {
            StorageException failure = Assert.Throws<StorageException>(() => storage.PutIfAbsent(Key("packs/one"), "one"u8));
            Assert.Contains("must lie on one file system", failure.Message, StringComparison.Ordinal);
        }
        finally
        {
            Tool.Run("umount", "--lazy", _folder["repository/packs"]);
        }
    }

    [Fact]
    public void A_missing_permission_is_named_and_a_folder_that_may_not_be_read_is_not_empty()
    {
        using (LocalStorage storage = LocalStorage.Create(_folder["repository"]))
            storage.PutIfAbsent(Key("packs/aa/one"), "one"u8);
        foreach ((string mode, string folder, string[] verb) in new[]
        {
            ("0500", "", new[] { "put", _folder["repository"], "config" }),
            ("0500", "/packs/aa", ["put", _folder["repository"], "packs/aa/two"]),
            ("0500", "/packs/aa", ["delete", _folder["repository"], "packs/aa/one"]),
            ("0000", "/packs", ["list", _folder["repository"], "packs/"]),
            ("0300", "/packs/aa", ["list", _folder["repository"], "packs/"]),
            ("0400", "/packs/aa", ["list", _folder["repository"], ""]),
        })
        {
            Tool.Run("chmod", mode, _folder["repository"] + folder);
            string output = WithoutPrivileges(verb);
            Tool.Run("chmod", "0700", _folder["repository"] + folder);
            Assert.StartsWith("StorageException", output, StringComparison.Ordinal);
            Assert.Contains("run as a user who may read and write there", output, StringComparison.Ordinal);
        }

        Assert.Equal("1 objects\n", WithoutPrivileges(["list", _folder["repository"], ""]));
    }

    // Root keeps its files but not its right to ignore their modes.
    private static string WithoutPrivileges(string[] verb)
    {
        string[] prefix = Environment.IsPrivilegedProcess ? ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] : ["env"];
        string[] command = [.. prefix, .. Tool.Child(verb)];
        return Tool.Run(command[0], command[1..]);
    }

    private static StorageKey Key(string name) => StorageKey.TryParse(name)!.Value;

    private void Mount(string options)
    {
        Directory.CreateDirectory(_folder["disk"]);
        Tool.Run("mount", "-t", "tmpfs", "-o", options, "tmpfs", _folder["disk"]);
        _isMounted = true;
    }
}
