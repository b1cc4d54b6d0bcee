using Snapstore.Posix;

namespace Snapstore.Tests.Posix;

public sealed class UsersTests
{
    [Fact]
    public void Known_ids_have_names()
    {
        Assert.Equal("root", Users.NameOfUser(0));
        Assert.Equal("root", Users.NameOfGroup(0));
        Assert.Equal(Tool.Run("id", "-un").TrimEnd(), Users.NameOfUser(uint.Parse(Tool.Run("id", "-u"), System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void Unknown_ids_have_none()
    {
        Assert.Equal("", Users.NameOfUser(4_000_000_123));
        Assert.Equal("", Users.NameOfGroup(4_000_000_123));
        Assert.Equal("", Users.NameOfUser(4_000_000_123));
    }

    [Fact]
    public void As_many_files_as_allowed_may_be_open()
    {
        Users.RaiseOpenFileLimit();
        string[] limit = File.ReadLines("/proc/self/limits").Single(line => line.StartsWith("Max open files", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(limit[4], limit[3]);
    }

    [Fact]
    public void Root_is_root() => Assert.Equal(Environment.IsPrivilegedProcess, Users.IsRoot);
}
