using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Snapstore.Cli.Tests;

public sealed class ExitCodeTests : IDisposable
{
    private readonly SnapstoreProgram _program = SnapstoreProgram.WithRepository();

    public void Dispose() => _program.Dispose();

    [Fact]
    public void No_repository_is_10_and_nothing_is_asked()
    {
        _program.Without("SNAPSTORE_KEY_FILE");
        ProgramRun run = _program.Run("--repo", Path.Combine(_program.Folder, "none"), "list").Expect(10);
        Assert.Contains("init", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_directory_is_no_repository()
    {
        Directory.CreateDirectory(_program.Source);
        _program.Run("--repo", _program.Source, "list").Expect(10);
    }

    [Fact]
    public void Closed_standard_input_is_told_and_not_waited_for()
    {
        ProgramRun run = _program.RunShell("timeout -k 1 60 \"$snapstore\" snapshot - --name x <&-").Expect(2);
        Assert.Contains("standard input is closed", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_silent_pipe_does_not_keep_an_interrupted_run()
    {
        ProgramRun run = _program.RunShell("mkfifo pipe; sleep 60 >pipe & silent=$!; \"$snapstore\" snapshot - --name x <pipe & pid=$!; sleep 3; kill $pid; "
            + "for i in {1..200}; do kill -0 $pid 2>/dev/null || break; sleep 0.1; done; kill -KILL $pid 2>/dev/null; kill $silent; wait $pid");
        Assert.Equal(130, run.ExitCode);
    }

    [Fact]
    public void A_full_standard_output_is_an_error_that_is_told()
    {
        ProgramRun run = _program.RunShell("\"$snapstore\" list >/dev/full").Expect(1);
        Assert.StartsWith("snapstore: standard output cannot be written", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_key_file_is_12()
    {
        _program.Without("SNAPSTORE_KEY_FILE").Run("-r", "other", "init", "--new-key-file", "other.key").Expect(0);
        _program.Run("list", "--key-file", "other.key").Expect(12);
    }

    [Fact]
    public void No_password_and_no_terminal_is_12()
    {
        using Process process = _program.Without("SNAPSTORE_KEY_FILE").Start("/usr/bin/setsid", "--wait", SnapstoreProgram.File, "list");
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(12, process.ExitCode);
        Assert.Contains("--password-file", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_repository_that_is_there_is_left_as_it_is()
    {
        ProgramRun run = _program.Run("init", "--new-key-file", "second.key").Expect(2);
        Assert.Contains("left as it is", run.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_program.Folder, "second.key")));
        _program.Run("list").Expect(0);
    }

    [Fact]
    public void A_source_that_does_not_exist_is_1() =>
        _program.Run("snapshot", Path.Combine(_program.Folder, "none")).Expect(1);

    [Fact]
    public void A_command_that_fails_is_1_and_leaves_no_snapshot()
    {
        ProgramRun run = _program.Run("snapshot", "exec:", "--name", "x", "--", "sh", "-c", "echo data; echo sorry >&2; exit 7").Expect(1);
        Assert.Contains("exit code 7", run.Error, StringComparison.Ordinal);
        Assert.Contains("sorry", run.Error, StringComparison.Ordinal);
        Assert.Empty(_program.Run("list", "--json").Expect(0).Objects);
    }

    [Fact]
    public void Something_that_is_not_there_beside_something_that_is_is_3()
    {
        _program.Write("file", "content");
        ProgramRun run = _program.Run("snapshot", _program.Source, Path.Combine(_program.Folder, "none")).Expect(3);
        Assert.Contains("warning: ", run.Error, StringComparison.Ordinal);
        Assert.Single(_program.Run("list", "--json").Expect(0).Objects);
    }

    [Fact]
    public void Damage_is_4()
    {
        _program.Write("file", new string('x', 100_000));
        string id = _program.Snapshot();
        string manifest = Path.Combine(_program.Repository, "snapshots", id);
        byte[] stored = File.ReadAllBytes(manifest);
        stored[^1] ^= 1;
        File.Delete(manifest);
        File.WriteAllBytes(manifest, stored);
        ProgramRun run = _program.Run("list").Expect(4);
        Assert.Contains(id, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Lost_packs_are_4()
    {
        _program.Write("large", new string('x', 100_000));
        _program.Write("small", "x");
        _program.Snapshot();
        string[] packs = Directory.GetFiles(Path.Combine(_program.Repository, "packs"), "*", SearchOption.AllDirectories);
        foreach (string pack in packs)
            File.Delete(pack);
        _program.Run("restore", "latest", "--target", "out").Expect(4);
        ProgramRun check = _program.Run("check", "--json").Expect(4);
        Assert.Contains(check.Objects, found => found.GetProperty("type").GetString() == "finding");
        Assert.True(check.Objects[^1].GetProperty("has_damage").GetBoolean());
        Assert.Contains("DAMAGED", _program.Run("check").Expect(4).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(PosixSignal.SIGINT)]
    [InlineData(PosixSignal.SIGTERM)]
    public void An_interruption_is_130_and_leaves_no_snapshot(PosixSignal signal)
    {
        string name = signal == PosixSignal.SIGINT ? "INT" : "TERM";
        ProgramRun run = _program.RunShell(
            $"set -m; $snapstore snapshot exec: --name x -- sh -c 'echo data; echo ready >&2; sleep 60' 2>err & pid=$!; until grep -q ready err; do sleep 0.05; done; kill -{name} $pid; wait $pid");
        run.Expect(130);
        Assert.Empty(_program.Run("list", "--json").Expect(0).Objects);
    }

    [Fact]
    public void A_closed_output_ends_quietly()
    {
        ProgramRun run = _program.RunShell("(sleep 0.5; $snapstore --help; echo \"code $?\" >&2) | true").Expect(0);
        Assert.Equal("code 141\n", run.Error);
    }

    [Fact]
    public void A_target_that_is_a_file_is_1()
    {
        string file = _program.Write("file", "content");
        _program.Snapshot();
        _program.Run("restore", "latest", "--target", file).Expect(1);
        Assert.Equal("content", File.ReadAllText(file));
    }

    [Fact]
    public void Errors_are_objects_with_json()
    {
        ProgramRun run = _program.Run("--json", "restore", "beef", "--target", "t").Expect(2);
        Assert.Equal("error", run.ErrorObjects[0].GetProperty("type").GetString());
        Assert.Equal(2, run.ErrorObjects[0].GetProperty("exit_code").GetInt32());
        Assert.NotEmpty(run.ErrorObjects[0].GetProperty("message").GetString()!);
    }
}
