using System.Text;
using Snapstore.Storage;

namespace Snapstore.Tests.Storage;

public sealed class KeyFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Is_readable_by_its_owner_only()
    {
        KeyFile.Create(_folder["key"], "secret"u8);
        Assert.Equal("secret", File.ReadAllText(_folder["key"]));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder["key"]));
    }

    [Fact]
    public void Never_replaces_a_file()
    {
        File.WriteAllText(_folder["key"], "other");
        Assert.Contains("left as it is", Assert.Throws<UsageException>(() => KeyFile.Create(_folder["key"], "secret"u8)).Message, StringComparison.Ordinal);
        Assert.Equal("other", File.ReadAllText(_folder["key"]));
    }

    [Fact]
    public void Needs_a_directory() =>
        Assert.Throws<UsageException>(() => KeyFile.Create(_folder["none/key"], Encoding.ASCII.GetBytes("secret")));
}
