using System.Text;
using Snapstore.Posix;

namespace Snapstore.Tests.Posix;

public sealed class ExtendedAttributesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DirectoryHandle _directory;

    public ExtendedAttributesTests() => _directory = DirectoryHandle.Open(Encoding.UTF8.GetBytes(_folder.Path));

    public void Dispose()
    {
        _directory.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Attributes_of_files_come_back_sorted()
    {
        using FileHandle file = _directory.CreateFile("file"u8, 0x180);
        Assert.Empty(ExtendedAttributes.Read(file));
        ExtendedAttributes.Set(file, "user.second"u8, [0, 1, 0xff]);
        ExtendedAttributes.Set(file, "user.first"u8, []);
        ExtendedAttributes.Set(_directory, "file"u8, "user.third"u8, "by name"u8);
        string[] expected = ["user.first=", "user.second=0001ff", "user.third=" + Convert.ToHexStringLower("by name"u8)];
        Assert.Equal(expected, Shown(ExtendedAttributes.Read(file)));
        Assert.Equal(expected, Shown(ExtendedAttributes.Read(_directory, "file"u8)));
        ExtendedAttributes.Remove(file, "user.second"u8);
        ExtendedAttributes.Remove(file, "user.second"u8);
        Assert.Equal([expected[0], expected[2]], Shown(ExtendedAttributes.Read(file)));
    }

    [Fact]
    public void A_list_longer_than_the_first_try_is_read_whole()
    {
        using FileHandle file = _directory.CreateFile("file"u8, 0x180);
        for (int i = 0; i < 15; i++)
            ExtendedAttributes.Set(file, Encoding.ASCII.GetBytes($"user.{i:d2}{new string('n', 100)}"), [(byte)i]);
        Assert.Equal(Enumerable.Range(0, 15).Select(i => (byte)i), ExtendedAttributes.Read(file).Select(a => a.Value[0]));
    }

    [Fact]
    public void Attributes_of_directories_are_read_through_the_handle()
    {
        _directory.MakeDirectory("sub"u8, 0x1c0);
        using DirectoryHandle sub = _directory.OpenDirectory("sub"u8);
        using FileHandle file = sub.AsFile();
        ExtendedAttributes.Set(file, "user.one"u8, "1"u8);
        Assert.Equal(["user.one=31"], Shown(ExtendedAttributes.Read(file)));
        Assert.Equal(["user.one=31"], Shown(ExtendedAttributes.Read(_directory, "sub"u8)));
    }

    // Only root may: user attributes exist on files and directories, trusted ones everywhere.
    [RootFact]
    public void Attributes_of_links_pipes_and_devices_are_their_own()
    {
        _directory.CreateFile("file"u8, 0x180).Dispose();
        _directory.MakeSymlink("file"u8, "link"u8);
        _directory.MakeNode("pipe"u8, FileKind.Fifo, 0x180, 0, 0);
        _directory.MakeNode("device"u8, FileKind.CharacterDevice, 0x180, 1, 3);
        foreach (string name in new[] { "link", "pipe", "device" })
        {
            byte[] bytes = Encoding.ASCII.GetBytes(name);
            ExtendedAttributes.Set(_directory, bytes, "trusted.one"u8, bytes);
            Assert.Equal(["trusted.one=" + Convert.ToHexStringLower(bytes)], Shown(ExtendedAttributes.Read(_directory, bytes)));
        }

        Assert.Empty(ExtendedAttributes.Read(_directory, "file"u8));
    }

    [Fact]
    public void Access_control_lists_are_carried_over()
    {
        Directory.CreateDirectory(_folder["from"]);
        Directory.CreateDirectory(_folder["to"]);
        Tool.Run("setfacl", "-m", "u:1234:rwx,g:2345:r-x", _folder["from"]);
        Tool.Run("setfacl", "-d", "-m", "u:3456:r--", _folder["from"]);
        using DirectoryHandle from = _directory.OpenDirectory("from"u8), to = _directory.OpenDirectory("to"u8);
        using FileHandle source = from.AsFile(), target = to.AsFile();
        Assert.Equal(
            ["system.posix_acl_access", "system.posix_acl_default"], ExtendedAttributes.Read(source).Select(a => Encoding.ASCII.GetString(a.Name)));
        foreach ((byte[] name, byte[] value) in ExtendedAttributes.Read(source))
            ExtendedAttributes.Set(target, name, value);
        Assert.Equal(Acl("from"), Acl("to"));
        Assert.Contains("user:1234:rwx", Acl("to"), StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_file_system_does_not_take_is_an_error_with_a_name()
    {
        using FileHandle file = _directory.CreateFile("file"u8, 0x180);
        PosixException failure = Assert.Throws<PosixException>(() => ExtendedAttributes.Set(file, "nonsense.one"u8, "1"u8));
        Assert.Contains("set attribute nonsense.one", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_system_without_attributes_has_none()
    {
        using DirectoryHandle proc = DirectoryHandle.Open("/proc/self"u8);
        Assert.Empty(ExtendedAttributes.Read(proc, "status"u8));
    }

    private string Acl(string name) => Tool.Run("getfacl", "--omit-header", "--numeric", "--absolute-names", _folder[name]);

    private static IEnumerable<string> Shown((byte[] Name, byte[] Value)[] attributes) =>
        attributes.Select(a => $"{Encoding.UTF8.GetString(a.Name)}={Convert.ToHexStringLower(a.Value)}");
}
