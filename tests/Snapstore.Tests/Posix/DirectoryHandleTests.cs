using System.Text;
using Snapstore.Posix;

namespace Snapstore.Tests.Posix;

public sealed class DirectoryHandleTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DirectoryHandle _directory;

    public DirectoryHandleTests() => _directory = DirectoryHandle.Open(Encoding.UTF8.GetBytes(_folder.Path));

    public void Dispose()
    {
        _directory.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Names_that_are_not_UTF8_are_made_found_renamed_and_removed()
    {
        byte[][] names = [[0xff], [0xc3], [0xed, 0xa0, 0x80], [(byte)'a', 1, 0xfe], [0xf0, 0x9f, 0x98]];
        foreach (byte[] name in names)
            _directory.CreateFile(name, 0x180).Dispose();
        using (DirectoryNames found = _directory.ReadNames())
        {
            Assert.Equal(names.Length, found.Count);
            Assert.All(names, name => Assert.True(found.Contains(name)));
        }

        foreach (byte[] name in names)
        {
            byte[] other = [.. name, 0xfd];
            _directory.Rename(name, _directory, other, noReplace: true);
            Assert.Null(_directory.StatIfThere(name));
            Assert.Equal(FileKind.File, _directory.Stat(other).Kind);
            _directory.Remove(other, isDirectory: false);
        }

        using DirectoryNames left = _directory.ReadNames();
        Assert.Equal(0, left.Count);
    }

    [Fact]
    public void A_name_has_255_bytes_at_most()
    {
        byte[] longest = [.. Enumerable.Repeat((byte)'x', 255)];
        _directory.CreateFile(longest, 0x180).Dispose();
        using (DirectoryNames names = _directory.ReadNames())
            Assert.Equal(longest, names[0].ToArray());
        PosixException tooLong = Assert.Throws<PosixException>(() => _directory.CreateFile([.. longest, (byte)'x'], 0x180));
        Assert.Equal(Errno.NameTooLong, tooLong.Error);
        Assert.Throws<PosixException>(() => _directory.Stat(new byte[5000].Select(_ => (byte)'x').ToArray()));
    }

    [Fact]
    public void A_name_with_a_zero_byte_is_refused() =>
        Assert.Throws<ArgumentException>(() => _directory.Stat("a\0b"u8));

    [Fact]
    public void Directories_nest_deeper_than_a_path_can_say()
    {
        byte[] name = [.. Enumerable.Repeat((byte)'d', 250)];
        DirectoryHandle current = _directory.AddReference();
        for (int depth = 0; depth < 40; depth++)
        {
            using DirectoryHandle above = current;
            above.MakeDirectory(name, 0x1c0);
            current = above.OpenDirectory(name);
        }

        using (current)
        {
            current.CreateFile("deep"u8, 0x180).Dispose();
            using FileHandle file = current.OpenForReading("deep"u8);
            Assert.Equal(FileKind.File, current.Stat("deep"u8).Kind);
            Assert.Empty(ExtendedAttributes.Read(current, "deep"u8));
        }
    }

    [Fact]
    public void No_link_is_followed_below_an_open_directory()
    {
        Directory.CreateDirectory(_folder["real"]);
        File.WriteAllText(_folder["real/file"], "content");
        _directory.MakeSymlink("real"u8, "to-directory"u8);
        _directory.MakeSymlink("real/file"u8, "to-file"u8);
        _directory.MakeSymlink("nowhere"u8, "dangling"u8);
        Assert.Throws<PosixException>(() => _directory.OpenDirectory("to-directory"u8));
        Assert.Throws<PosixException>(() => _directory.OpenForReading("to-file"u8));
        Assert.Throws<PosixException>(() => _directory.OpenForWriting("to-file"u8));
        Assert.Throws<PosixException>(() => _directory.CreateFile("dangling"u8, 0x180));
        Assert.Throws<PosixException>(() => _directory.SetMode("to-file"u8, 0));
        Assert.Equal(FileKind.Symlink, _directory.Stat("to-file"u8).Kind);
        Assert.Equal("real/file"u8.ToArray(), _directory.ReadLink("to-file"u8));
        Assert.False(File.Exists(_folder["nowhere"]));
    }

    [Fact]
    public void What_changes_a_link_leaves_what_it_leads_to_alone()
    {
        File.WriteAllText(_folder["file"], "content");
        FileStat before = _directory.Stat("file"u8);
        _directory.MakeSymlink("file"u8, "link"u8);
        _directory.SetTime("link"u8, 1000, 5);
        if (Users.IsRoot)
            _directory.SetOwner("link"u8, 12345, 23456);
        Assert.Equal(before, _directory.Stat("file"u8));
        Assert.Equal((1000, 5), (_directory.Stat("link"u8).MtimeSeconds, _directory.Stat("link"u8).MtimeNanoseconds));
        Assert.Equal(Users.IsRoot ? 12345u : before.Uid, _directory.Stat("link"u8).Uid);
        _directory.MakeHardLink(_directory, "link"u8, "second link"u8);
        Assert.Equal(FileKind.Symlink, _directory.Stat("second link"u8).Kind);
        Assert.Equal(2u, _directory.Stat("link"u8).LinkCount);
    }

    [Fact]
    public void A_rename_overwrites_only_where_it_is_told_to()
    {
        File.WriteAllText(_folder["a"], "a");
        File.WriteAllText(_folder["b"], "b");
        PosixException exists = Assert.Throws<PosixException>(() => _directory.Rename("a"u8, _directory, "b"u8, noReplace: true));
        Assert.Equal(Errno.Exists, exists.Error);
        Assert.Equal("b", File.ReadAllText(_folder["b"]));
        _directory.Rename("a"u8, _directory, "b"u8, noReplace: false);
        Assert.Equal("a", File.ReadAllText(_folder["b"]));
    }

    [Fact]
    public void A_pipe_is_made_and_its_mode_set()
    {
        _directory.MakeNode("pipe"u8, FileKind.Fifo, 0x180, 0, 0);
        _directory.SetMode("pipe"u8, 0x1b6);
        FileStat stat = _directory.Stat("pipe"u8);
        Assert.Equal((FileKind.Fifo, 0x1b6), (stat.Kind, stat.Mode));
        using FileHandle opened = _directory.OpenForReading("pipe"u8);
        Assert.Equal(FileKind.Fifo, opened.Stat().Kind);
        Assert.Throws<ArgumentException>(() => _directory.MakeNode("x"u8, FileKind.Socket, 0x180, 0, 0));
    }

    [RootFact]
    public void Devices_keep_their_numbers()
    {
        foreach ((FileKind kind, uint major, uint minor) in new[]
        {
            (FileKind.CharacterDevice, 1u, 3u), (FileKind.BlockDevice, 7u, 255u), (FileKind.CharacterDevice, 4095u, 1048575u), (FileKind.BlockDevice, 259u, 70000u),
        })
        {
            _directory.MakeNode("node"u8, kind, 0x180, major, minor);
            FileStat stat = _directory.Stat("node"u8);
            Assert.Equal((kind, major, minor), (stat.Kind, stat.RdevMajor, stat.RdevMinor));
            Assert.Equal($"{major:x}:{minor:x}\n", Tool.Run("stat", "-c", "%t:%T", _folder["node"]));
            _directory.Remove("node"u8, isDirectory: false);
        }
    }

    [Fact]
    public void A_missing_name_is_told_from_one_that_cannot_be_looked_at()
    {
        File.WriteAllText(_folder["file"], "");
        Assert.Null(_directory.StatIfThere("missing"u8));
        Assert.Equal(Errno.NotDirectory, Assert.Throws<PosixException>(() => _directory.StatIfThere("file/below"u8)).Error);
        Assert.Equal(Errno.NameTooLong, Assert.Throws<PosixException>(() => _directory.StatIfThere(new string('x', 300).Select(c => (byte)c).ToArray())).Error);
    }

    [Fact]
    public void The_last_of_many_references_closes_and_no_other()
    {
        DirectoryHandle handle = _directory.OpenDirectory("."u8);
        Parallel.For(0, 10_000, _ =>
        {
            using DirectoryHandle reference = handle.AddReference();
            Assert.Equal(FileKind.Directory, reference.Stat().Kind);
        });
        Assert.True(handle.Descriptor > 0);
        handle.Dispose();
        Assert.Throws<ObjectDisposedException>(() => handle.Descriptor);
        Assert.Throws<ObjectDisposedException>(() => handle.AddReference());
        Assert.Throws<ObjectDisposedException>(handle.Dispose);
        Assert.Throws<ObjectDisposedException>(() => handle.ReadNames());
    }

    [Fact]
    public void A_failure_says_what_and_on_which_name()
    {
        PosixException failure = Assert.Throws<PosixException>(() => _directory.OpenForReading([(byte)'a', 0xff, (byte)'\n']));
        Assert.Equal(@"open a\xff\x0a: No such file or directory", failure.Message);
    }
}
