using System.Diagnostics;
using Snapstore.Cli.Tests;

namespace Snapstore.RemoteStorage.Tests.Rclone;

/// <summary>The built program with its repository behind rclone, from init to prune.</summary>
public sealed class RcloneProgramTests(RcloneRemotes remotes) : IClassFixture<RcloneRemotes>, IDisposable
{
    private readonly SnapstoreProgram _program = new();

    public void Dispose() => _program.Dispose();

    [Fact]
    public void A_repository_lives_behind_rclone_from_init_to_prune()
    {
        string path = remotes.NewPath();
        _program.Without("SNAPSTORE_KEY_FILE").With("SNAPSTORE_REPOSITORY", $"rclone:here:{path}").With("SNAPSTORE_RCLONE_COMMAND", remotes.Command);
        _program.Run("list").Expect(10);
        _program.Run("init", "--create-bucket").Expect(2);
        Init();
        byte[] content = new byte[8 << 20];
        new Random(1).NextBytes(content);
        _program.Write("small", "the first content");
        File.WriteAllBytes(Path.Combine(_program.Source, "large"), content);
        string first = _program.Snapshot("--limit-upload", "50MiB");
        _program.Write("small", "the second content");
        File.Delete(Path.Combine(_program.Source, "large"));
        string second = _program.Snapshot();
        _program.Run("restore", first, "--target", "restored", "--verify").Expect(0);
        Assert.Equal(content, File.ReadAllBytes(Path.Combine(_program.Folder, "restored", _program.Source.TrimStart('/'), "large")));
        _program.Run("check", "--read-data").Expect(0);

        ProgramRun refused = _program.Run("prune").Expect(1);
        Assert.Contains("rclone", refused.Error, StringComparison.Ordinal);
        Assert.Contains("--exclusive", refused.Error, StringComparison.Ordinal);
        _program.Run("prune", "--dry-run").Expect(0);
        _program.Run("forget", first).Expect(0);
        _program.Run("prune", "--exclusive").Expect(0);
        _program.Run("check", "--read-data").Expect(0);

        // The same files are a local repository, as long as rclone does not wrap them.
        _program.With("SNAPSTORE_REPOSITORY", Path.Combine(remotes.Folder, path)).Run("check", "--read-data").Expect(0);
        Assert.Equal("the second content", _program.Run("cat", $"{second}:{_program.Source}/small").Expect(0).Output);

        _program.Run("mirror", "--to", $"rclone:sealed:{path}").Expect(0);
        _program.With("SNAPSTORE_REPOSITORY", $"rclone:sealed:{path}").Run("check", "--read-data").Expect(0);
    }

    [Fact]
    public void Rclone_ends_when_the_program_is_killed()
    {
        string command = remotes.Recorded("of-the-program");
        _program.Without("SNAPSTORE_KEY_FILE").With("SNAPSTORE_REPOSITORY", $"rclone:here:{remotes.NewPath()}").With("SNAPSTORE_RCLONE_COMMAND", command);
        Init();
        File.Delete(command + ".pid");
        using Process snapshot = _program.Start(SnapstoreProgram.File, "snapshot", "-", "--name", "x");
        Until(() => File.Exists(command + ".pid"));
        string pid = File.ReadAllText(command + ".pid").Trim();
        Until(() => File.ReadAllText($"/proc/{pid}/cmdline").StartsWith("rclone", StringComparison.Ordinal));
        Assert.False(snapshot.HasExited);
        snapshot.Kill();
        Until(() => !File.Exists($"/proc/{pid}/stat") || File.ReadAllText($"/proc/{pid}/stat").Split(") ")[^1][0] == 'Z');
    }

    private static void Until(Func<bool> condition)
    {
        Stopwatch time = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(time.Elapsed < TimeSpan.FromSeconds(60), "it did not come to that");
            Thread.Sleep(20);
        }
    }

    private void Init()
    {
        _program.Run("init", "--new-key-file", _program.KeyFile).Expect(0);
        _program.With("SNAPSTORE_KEY_FILE", _program.KeyFile);
    }
}
