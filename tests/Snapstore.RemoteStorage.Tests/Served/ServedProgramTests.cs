using Snapstore.Cli.Tests;
using Snapstore.RemoteStorage.Ssh;
using Snapstore.RemoteStorage.Tests.Sftp;

namespace Snapstore.RemoteStorage.Tests.Served;

/// <summary>The built program at both ends of OpenSSH.</summary>
[Collection(SshCollection.Name)]
public sealed class ServedProgramTests(SshServer server) : IDisposable
{
    private readonly SnapstoreProgram _program = new();

    public void Dispose() => _program.Dispose();

    [Fact]
    public void A_repository_is_served_by_another_machine_from_init_to_prune()
    {
        string folder = server.NewFolder();
        Use(server.LocationOf(folder, SshLocation.Served), server.Command);
        _program.Run("list").Expect(10);
        Init();
        byte[] content = new byte[8 << 20];
        new Random(1).NextBytes(content);
        _program.Write("dir/small", "the first content");
        File.WriteAllBytes(Path.Combine(_program.Source, "large"), content);
        string first = _program.Snapshot();
        _program.Write("dir/small", "the second content");
        File.Delete(Path.Combine(_program.Source, "large"));
        string second = _program.Snapshot("--limit-upload", "1MiB");
        _program.Run("restore", first, "--target", "restored", "--verify").Expect(0);
        Assert.Equal(content, File.ReadAllBytes(Path.Combine(_program.Folder, "restored", _program.Source.TrimStart('/'), "large")));
        _program.Run("check", "--read-data").Expect(0);
        _program.Run("forget", first).Expect(0);
        _program.Run("prune").Expect(0);
        Assert.Equal([second], Snapshots());

        // The same files are a local repository; and the program caches what it read from afar.
        _program.With("SNAPSTORE_REPOSITORY", folder).Run("check", "--read-data").Expect(0);
        Assert.NotEmpty(Directory.GetDirectories(Path.Combine(_program.Folder, "cache")));
    }

    [Fact]
    public void An_append_only_key_adds_and_reads_and_deletes_nothing_whatever_it_asks_for()
    {
        string folder = server.NewFolder(), mirror = server.NewFolder();
        server.Force($"serve-storage --stdio --append-only --repo '{folder}'");
        Use(server.LocationOf("/what/the/client/names", SshLocation.Served), server.ForcedCommand);
        Init();
        _program.Write("a", "the first content");
        string first = _program.Snapshot();
        _program.Write("a", "the second content");
        ProgramRun run = _program.Run("snapshot", _program.Source, "-v").Expect(0);
        Assert.DoesNotContain("could not be removed", run.Error, StringComparison.Ordinal);
        Assert.Equal(2, Snapshots().Count);
        _program.Run("check", "--read-data").Expect(0);
        _program.Run("restore", first, "--target", "restored").Expect(0);
        Assert.Equal("the first content", File.ReadAllText(Path.Combine(_program.Folder, "restored", _program.Source.TrimStart('/'), "a")));
        _program.Run("tag", first, "--add", "kept").Expect(0);

        List<string> before = Files(folder);
        Refused("nothing was forgotten", "forget", "latest~1");
        Refused("nothing was removed", "prune");
        Refused("nothing was removed", "prune", "--exclusive");
        Refused("no new one was made", "key", "passwd", "--new-key-file", Path.Combine(_program.Folder, "another"));
        Refused("nothing was repaired", "repair", "index");
        _program.Run("prune", "--dry-run").Expect(0);
        Assert.Equal(before, Files(folder));
        Assert.DoesNotContain(before, name => name.Contains("/sessions/", StringComparison.Ordinal));
        Assert.False(Directory.Exists("/what/the/client"));
        Assert.Contains("--append-only", Refused("nothing was mirrored", "--repo", folder, "mirror", "--exact", "--to", server.LocationOf("/x", SshLocation.Served)).Error, StringComparison.Ordinal);

        // The same key adds to a mirror and to another repository.
        server.Force($"serve-storage --stdio --append-only --repo '{mirror}'");
        _program.Run("--repo", folder, "mirror", "--to", server.LocationOf("/x", SshLocation.Served)).Expect(0);
        _program.Run("check", "--read-data").Expect(0);
        Assert.Equal(2, Snapshots().Count);
        string target = Path.Combine(_program.Folder, "copied");
        _program.Run("--repo", target, "init", "--from", server.LocationOf("/x", SshLocation.Served), "--from-key-file", _program.KeyFile).Expect(0);
        _program.Run("copy", "--to", target, "--to-key-file", _program.KeyFile).Expect(0);

        // Who has a login without it prunes.
        _program.With("SNAPSTORE_REPOSITORY", folder).Run("forget", "--keep-last", "1", "--group-by", "host", "--prune").Expect(0);
        _program.Run("check", "--read-data").Expect(0);
    }

    [Fact]
    public void It_serves_only_by_standard_streams_and_only_a_directory()
    {
        _program.Run("serve-storage").Expect(2);
        _program.Run("serve-storage", "--stdio", "--repo", "sftp:host:/x").Expect(2);
        ProgramRun byHand = _program.RunWithInput("hello, is somebody there?\n", "serve-storage", "--stdio").Expect(2);
        Assert.Contains("not by hand", byHand.Error, StringComparison.Ordinal);
        Assert.Empty(byHand.Output);
        Assert.Empty(_program.Run("serve-storage", "--stdio").Expect(0).Output);
    }

    private static List<string> Files(string folder) => [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private void Use(string location, string command) =>
        _program.Without("SNAPSTORE_KEY_FILE").With("SNAPSTORE_REPOSITORY", location).With("SNAPSTORE_SSH_COMMAND", command);

    private void Init()
    {
        _program.Run("init", "--new-key-file", _program.KeyFile).Expect(0);
        _program.With("SNAPSTORE_KEY_FILE", _program.KeyFile);
    }

    private ProgramRun Refused(string untouched, params string[] arguments)
    {
        ProgramRun run = _program.Run(arguments).Expect(1);
        Assert.Contains("served without --append-only is missing", run.Error, StringComparison.Ordinal);
        Assert.Contains(untouched, run.Error, StringComparison.Ordinal);
        return run;
    }

    private List<string> Snapshots() => [.. _program.Run("list", "--json").Expect(0).Objects
        .Where(line => line.GetProperty("type").GetString() == "snapshot").Select(line => line.GetProperty("id").GetString()!)];
}
