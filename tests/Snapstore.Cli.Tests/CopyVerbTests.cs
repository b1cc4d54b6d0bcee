using System.Text.Json;

namespace Snapstore.Cli.Tests;

/// <summary>copy, and init --from.</summary>
public sealed class CopyVerbTests : IDisposable
{
    private const string Password = "another-password-nobody-may-see";

    private readonly SnapstoreProgram _program = SnapstoreProgram.WithRepository();
    private readonly string _first;

    public CopyVerbTests()
    {
        _program.Write("a", new string('a', 100_000));
        _first = _program.Snapshot("--tag", "keep", "--host", "web1", "--time", "2026-01-01");
        _program.Write("b", "b");
        _program.Snapshot("--host", "web2", "--time", "2026-02-01");
    }

    private string Other => Path.Combine(_program.Folder, "other");

    public void Dispose() => _program.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Snapshots_come_over_once_and_restore_with_the_other_password(bool sharesIds)
    {
        MakeOther(sharesIds);
        ProgramRun run = _program.Run("copy", "--to", Other, "--to-password-file", "secret", "--verify", "--json").Expect(0);
        Assert.Equal(["copied_snapshot", "copied_snapshot", "summary"], run.Objects.Select(o => o.GetProperty("type").GetString()));
        Assert.Equal(_first, run.Objects[0].GetProperty("id").GetString());
        Assert.Equal("copied", run.Objects[0].GetProperty("outcome").GetString());
        Assert.Equal(2, run.Objects[2].GetProperty("copied").GetInt32());
        _program.With("SNAPSTORE_TO_PASSWORD_FILE", "secret");
        Assert.Contains("2 there already", _program.Run("copy", "--to", Other).Expect(0).Output, StringComparison.Ordinal);

        JsonElement copy = OnOther("list", "--json").Expect(0).Objects[0];
        Assert.Equal(_first, copy.GetProperty("origin").GetProperty("snapshot").GetString());
        Assert.Equal("web1", copy.GetProperty("host").GetString());
        Assert.Equal("keep", copy.GetProperty("tags")[0].GetString());
        OnOther("check", "--read-data").Expect(0);
        OnOther("restore", $"latest:{_program.Source}", "--target", "out", "--verify").Expect(0);
        Assert.Equal("b", File.ReadAllText(Path.Combine(_program.Folder, "out", "b")));
    }

    [Fact]
    public void A_filter_that_leaves_none_is_warned_of_and_a_password_for_nobody_is_refused()
    {
        MakeOther(sharesIds: false);
        Assert.Contains("none of them is meant", _program.Run("copy", "--to", Other, "--to-password-file", "secret", "--host", "wbe1").Expect(0).Error, StringComparison.Ordinal);
        Assert.Contains("is for --from", _program.Run("--repo", Path.Combine(_program.Folder, "third"), "init", "--from-password-file", "secret").Expect(2).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_repository_whose_config_is_gone_is_not_made_again_over_what_is_left()
    {
        File.Delete(Path.Combine(_program.Repository, "config"));
        string[] before = Directory.GetFiles(_program.Repository, "*", SearchOption.AllDirectories);
        Assert.Contains("'config' is missing", _program.Run("init").Expect(2).Error, StringComparison.Ordinal);
        Assert.Equal(before.Order(), Directory.GetFiles(_program.Repository, "*", SearchOption.AllDirectories).Order());
    }

    [Fact]
    public void Filters_and_names_choose_and_a_dry_run_writes_nothing()
    {
        MakeOther(sharesIds: false);
        _program.With("SNAPSTORE_TO_PASSWORD", Password);
        string[] before = Directory.GetFiles(Other, "*", SearchOption.AllDirectories);
        ProgramRun dry = _program.Run("copy", "--to", Other, "--dry-run", "--host", "web1", "--json").Expect(0);
        Assert.Equal(1, dry.Objects[^1].GetProperty("copied").GetInt32());
        Assert.Equal("planned", dry.Objects[0].GetProperty("outcome").GetString());
        Assert.Equal(before, Directory.GetFiles(Other, "*", SearchOption.AllDirectories));
        Assert.Contains("1 snapshot copied", _program.Run("copy", "--to", Other, "--since", "2026-01-15").Expect(0).Output, StringComparison.Ordinal);
        Assert.Contains("1 snapshot copied", _program.Run("copy", _first[..8], "--to", Other).Expect(0).Output, StringComparison.Ordinal);
        Assert.Contains("0 snapshots copied, 1 there", _program.Run("copy", "--to", Other, "--tag", "keep", "--latest", "1").Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_password_a_missing_repository_and_the_same_one_are_refused()
    {
        MakeOther(sharesIds: false);
        File.WriteAllText(Path.Combine(_program.Folder, "wrong"), "wrong\n");
        ProgramRun wrong = _program.Run("copy", "--to", Other, "--to-password-file", "wrong").Expect(12);
        Assert.Contains(Other, wrong.Error, StringComparison.Ordinal);
        _program.Run("copy", "--to", Path.Combine(_program.Folder, "none"), "--to-password-file", "secret").Expect(10);
        Assert.Contains("same repository", _program.Run("copy", "--to", _program.Repository, "--to-key-file", _program.KeyFile).Expect(2).Error, StringComparison.Ordinal);
        Assert.Contains("--to REPO", _program.Run("copy").Expect(2).Error, StringComparison.Ordinal);
        _program.With("SNAPSTORE_TO_PASSWORD", Password).With("SNAPSTORE_TO_KEY_FILE", _program.KeyFile);
        ProgramRun both = _program.Run("copy", "--to", Other).Expect(2);
        Assert.Contains("SNAPSTORE_TO_PASSWORD and SNAPSTORE_TO_KEY_FILE", both.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, both.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_are_for_the_place_that_is_far()
    {
        MakeOther(sharesIds: false);
        _program.With("SNAPSTORE_TO_PASSWORD", Password).With("SNAPSTORE_SSH_COMMAND", "false");
        Assert.Contains("--limit-upload", _program.Run("copy", "--to", Other, "--limit-upload", "1MiB").Expect(2).Error, StringComparison.Ordinal);
        Assert.DoesNotContain("--limit-upload", _program.Run("copy", "--to", "sftp:u@h:/x", "--limit-upload", "1MiB").Expect(1).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_other_password_is_inherited_by_nobody() =>
        Assert.DoesNotContain(Password, _program.With("SNAPSTORE_TO_PASSWORD", Password).With("SNAPSTORE_FROM_PASSWORD", Password)
            .Run("snapshot", "exec:", "--name", "environment", "--", "sh", "-c", "env >&2").Expect(0).Error, StringComparison.Ordinal);

    [Fact]
    public void A_snapshot_that_is_damaged_is_named_and_the_code_is_4()
    {
        MakeOther(sharesIds: false);
        _program.With("SNAPSTORE_TO_PASSWORD_FILE", "secret");
        foreach (string pack in Directory.GetFiles(Path.Combine(_program.Repository, "packs"), "*", SearchOption.AllDirectories))
            File.Delete(pack);
        ProgramRun run = _program.Run("copy", "--to", Other).Expect(4);
        Assert.Contains("not copied", run.Error, StringComparison.Ordinal);
        Assert.Contains("0 snapshots copied", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_cuts_of_a_repository_with_shared_ids_are_those_of_the_first()
    {
        Secret();
        Assert.Contains("--chunker", Init("--from", _program.Repository, "--from-key-file", _program.KeyFile, "--chunker", "fixed:64KiB").Expect(2).Error, StringComparison.Ordinal);
        Init("--from", _program.Repository, "--from-password-file", "secret").Expect(12);
        Assert.False(Directory.Exists(Other));
    }

    private void MakeOther(bool sharesIds)
    {
        Secret();
        Init(sharesIds ? ["--from", _program.Repository, "--from-key-file", _program.KeyFile] : []).Expect(0);
    }

    private void Secret() => File.WriteAllText(Path.Combine(_program.Folder, "secret"), Password + "\n");

    private ProgramRun Init(params string[] more) => OnOther(["init", .. more]);

    private ProgramRun OnOther(params string[] arguments) => _program.Run(["--repo", Other, "--password-file", "secret", .. arguments]);
}
