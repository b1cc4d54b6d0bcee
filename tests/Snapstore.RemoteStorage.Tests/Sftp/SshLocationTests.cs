using Snapstore.RemoteStorage.Served;
using Snapstore.RemoteStorage.Sftp;
using Snapstore.RemoteStorage.Ssh;

namespace Snapstore.RemoteStorage.Tests.Sftp;

/// <summary>Locations and the command that is made of them.</summary>
public sealed class SshLocationTests
{
    [Theory]
    [InlineData("ssh:me@host:/a/b", "me", "host", null, "/a/b")]
    [InlineData("sftp:me@host:/a/b", "me", "host", null, "/a/b")]
    [InlineData("sftp:host:/a/b/", null, "host", null, "/a/b")]
    [InlineData("sftp:me@corp.example@host:backup", "me@corp.example", "host", null, "backup")]
    [InlineData("sftp:host:~/backup", null, "host", null, "backup")]
    [InlineData("sftp:host:/a:b@c d", null, "host", null, "/a:b@c d")]
    [InlineData("sftp:[::1]:/a", null, "::1", null, "/a")]
    [InlineData("sftp://me@host:2222/a%20b", "me", "host", 2222, "/a b")]
    [InlineData("sftp://host/~/backup", null, "host", null, "backup")]
    [InlineData("sftp://[::1]:22/a", null, "::1", 22, "/a")]
    public void A_location_is_taken_apart_and_put_together(string text, string? user, string host, int? port, string path)
    {
        SshLocation place = SshLocation.Parse(text);
        Assert.Equal((user, host, port, path), (place.User, place.Host, place.Port, place.Path));
        Assert.Equal(place, SshLocation.Parse(place.ToString()));
    }

    [Theory]
    [InlineData("sftp:")]
    [InlineData("ssh:")]
    [InlineData("ssh:-oProxyCommand=x:/a")]
    [InlineData("sftp:host")]
    [InlineData("sftp:host:")]
    [InlineData("sftp:host:/")]
    [InlineData("sftp:host:~")]
    [InlineData("sftp:-oProxyCommand=x:/a")]
    [InlineData("sftp:-l@host:/a")]
    [InlineData("sftp:me@-host:/a")]
    [InlineData("sftp://-oProxyCommand=x/a")]
    [InlineData("sftp://host:0/a")]
    [InlineData("sftp://host:70000/a")]
    [InlineData("sftp://host")]
    [InlineData("sftp:ho;st:/a")]
    [InlineData("sftp:m`e`@host:/a")]
    [InlineData("sftp:host:/a\nb")]
    [InlineData("sftp://me:secret@host/a")]
    [InlineData("sftp:me:secret@host:/a")]
    [InlineData("ssh:me:secret@host:/a")]
    public void What_is_none_is_refused_and_not_shown(string text)
    {
        UsageException refused = Assert.Throws<UsageException>(() => SshLocation.Parse(text));
        Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_command_is_a_list_whose_destination_is_no_option()
    {
        SshLocation place = SshLocation.Parse("sftp://me@host:2222/a");
        string[] arguments = [.. SshCommand.Start(place, null, new SftpDialect().Arguments(place)).ArgumentList];
        Assert.Contains("-oBatchMode=yes", arguments);
        Assert.Equal(["-p", "2222", "-s", "--", "me@host", "sftp"], arguments[^6..]);
    }

    [Theory]
    [InlineData("ssh:me@host:/a b", "me@host", "'/a b'")]
    [InlineData("ssh:host:it's; rm -rf $HOME", "host", "'./it'\\''s; rm -rf $HOME'")]
    [InlineData("ssh:host:~/--append-only", "host", "'./--append-only'")]
    [InlineData("ssh://host:2222/~/s3:x", "host", "'./s3:x'")]
    public void The_folder_of_a_served_one_is_one_word_to_a_shell_there(string location, string destination, string word)
    {
        SshLocation place = SshLocation.Parse(location);
        Assert.Equal(place, SshLocation.Parse(place.ToString()));
        string[] arguments = new ServedDialect(makesFolder: false, "program").Arguments(place);
        Assert.Equal(["-T", "--", destination, "snapstore serve-storage --stdio --repo " + word], arguments);
        Assert.NotEqual(place, SshLocation.Parse("sftp:" + location[4..]));
    }

    [Fact]
    public void Another_command_is_split_like_words()
    {
        System.Diagnostics.ProcessStartInfo start = SshCommand.Start(SshLocation.Parse("sftp:host:/a"), "  '/my ssh' -i \"a \\\" b\" c\\ d '' ", []);
        Assert.Equal("/my ssh", start.FileName);
        Assert.Equal(["-i", "a \" b", "c d", ""], start.ArgumentList.Take(4));
        foreach (string wrong in new[] { "'ssh", "ssh \"-i", "''" })
            Assert.Throws<UsageException>(() => SshCommand.Start(SshLocation.Parse("sftp:host:/a"), wrong, []));
    }

    [Fact]
    public void The_repositorys_password_is_not_in_the_programs_environment()
    {
        Environment.SetEnvironmentVariable("SNAPSTORE_PASSWORD_OF_THIS_TEST", "secret");
        Assert.DoesNotContain("SNAPSTORE_PASSWORD_OF_THIS_TEST", SshCommand.Start(SshLocation.Parse("sftp:host:/a"), null, []).Environment.Keys);
    }
}
