using Snapstore.Cli.Tests;

namespace Snapstore.RemoteStorage.Tests.Sftp;

/// <summary>The built program with its repository behind OpenSSH's server, from init to prune.</summary>
[Collection(SshCollection.Name)]
public sealed class SftpProgramTests(SshServer server) : IDisposable
{
    private readonly SnapstoreProgram _program = new();

    public void Dispose() => _program.Dispose();

    [Fact]
    public void A_repository_lives_on_another_machine_from_init_to_prune()
    {
        string folder = server.NewFolder();
        _program.Without("SNAPSTORE_KEY_FILE").With("SNAPSTORE_REPOSITORY", server.LocationOf(folder)).With("SNAPSTORE_SSH_COMMAND", server.Command);
        _program.Run("list").Expect(10);
        _program.Run("init", "--create-bucket").Expect(2);
        _program.Run("init", "--new-key-file", _program.KeyFile).Expect(0);
        _program.With("SNAPSTORE_KEY_FILE", _program.KeyFile);
        byte[] content = new byte[40 << 20];
        new Random(1).NextBytes(content);
        _program.Write("dir/small", "the first content");
        File.WriteAllBytes(Path.Combine(_program.Source, "large"), content);
        string first = _program.Snapshot();

        _program.Write("dir/small", "the second content");
        File.Delete(Path.Combine(_program.Source, "large"));
        string second = _program.Snapshot("--limit-upload", "1MiB");
        Assert.Equal([first, second], Snapshots());

        _program.Run("restore", first, "--target", "restored", "--verify").Expect(0);
        string restored = Path.Combine(_program.Folder, "restored", _program.Source.TrimStart('/'));
        Assert.Equal(content, File.ReadAllBytes(Path.Combine(restored, "large")));
        Assert.Equal("the first content", File.ReadAllText(Path.Combine(restored, "dir/small")));
        _program.Run("check", "--read-data").Expect(0);
        _program.Run("check", "--keyless").Expect(0);

        _program.Run("forget", first).Expect(0);
        _program.Run("prune").Expect(0);
        Assert.Equal([second], Snapshots());
        _program.Run("check", "--read-data").Expect(0);
        Assert.Equal("the second content", _program.Run("cat", $"{second}:{_program.Source}/dir/small").Expect(0).Output);

        // The same files are a local repository.
        _program.With("SNAPSTORE_REPOSITORY", folder).Run("check", "--read-data").Expect(0);
        _program.Run("init").Expect(2);
    }

    [Fact]
    public void A_location_with_a_password_in_it_is_refused_and_not_shown()
    {
        ProgramRun refused = _program.With("SNAPSTORE_REPOSITORY", "sftp://me:secret-of-mine@host/x").Run("list").Expect(2);
        Assert.Contains("password", refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-of-mine", refused.Error, StringComparison.Ordinal);
    }

    private List<string> Snapshots() => [.. _program.Run("list", "--json").Expect(0).Objects
        .Where(line => line.GetProperty("type").GetString() == "snapshot").Select(line => line.GetProperty("id").GetString()!)];
}
