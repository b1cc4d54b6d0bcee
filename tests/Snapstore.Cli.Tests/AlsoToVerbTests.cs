using System.Text.Json;

namespace Snapstore.Cli.Tests;

/// <summary>snapshot --also-to.</summary>
public sealed class AlsoToVerbTests : IDisposable
{
    private readonly SnapstoreProgram _program = SnapstoreProgram.WithRepository();

    public AlsoToVerbTests()
    {
        foreach (string name in (string[])["b", "c"])
            On(name, "init", "--new-key-file", Path.Combine(_program.Folder, $"{name}.new")).Expect(0);
        _program.Write("a", new string('a', 100_000));
    }

    public void Dispose() => _program.Dispose();

    [Fact]
    public void One_reading_of_standard_input_lands_in_three_repositories_each_with_its_own_key()
    {
        ProgramRun run = _program.RunWithInput(
            "once", "snapshot", "-", "--name", "in", "--json", "--also-to", Of("b"), "--also-to-key-file", KeyOf("b"), "--also-to", Of("c"), $"--also-to-key-file={KeyOf("c")}").Expect(0);
        Assert.Equal(["copied_snapshot", "copied_snapshot", "summary"], run.Objects.Select(o => o.GetProperty("type").GetString()));
        Assert.Equal([Of("b"), Of("c")], run.Objects.Take(2).Select(o => o.GetProperty("to").GetString()));
        Assert.Equal((2, 0), (run.Objects[2].GetProperty("copies").GetInt32(), run.Objects[2].GetProperty("copies_failed").GetInt32()));
        string id = run.Objects[2].GetProperty("id").GetString()!;
        for (int i = 0; i < 2; i++)
        {
            string name = i == 0 ? "b" : "c";
            Assert.Equal((id, "copied"), (run.Objects[i].GetProperty("id").GetString(), run.Objects[i].GetProperty("outcome").GetString()));
            Assert.Equal("once", On(name, "cat", "latest").Expect(0).Output);
            JsonElement listed = Assert.Single(On(name, "list", "--json").Expect(0).Objects);
            Assert.Equal(run.Objects[i].GetProperty("copy").GetString(), listed.GetProperty("id").GetString());
            Assert.Equal(id, listed.GetProperty("origin").GetProperty("snapshot").GetString());
            Assert.Contains("(copy)", On(name, "list").Expect(0).Output, StringComparison.Ordinal);
        }

        Assert.Contains("1 there already", _program.Run("copy", "--to", Of("b"), "--to-key-file", KeyOf("b")).Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_cannot_be_reached_fails_alone_and_copy_sends_it_later()
    {
        string away = Of("b") + ".away";
        Directory.Move(Of("b"), away);
        string[] arguments = ["snapshot", _program.Source, "--also-to", Of("b"), "--also-to-key-file", KeyOf("b"), "--also-to", Of("c"), "--also-to-key-file", KeyOf("c")];
        ProgramRun run = _program.Run(arguments).Expect(3);
        string id = _program.Run("list", "--json").Expect(0).Objects[0].GetProperty("id").GetString()!;
        Assert.Contains($"{Of("b")} did not get snapshot {id[..8]}: there is no repository", run.Error, StringComparison.Ordinal);
        Assert.Contains($"copy {id[..8]} --to {Of("b")} ", run.Error, StringComparison.Ordinal);
        Assert.Contains($"also in      {Of("c")} as ", run.Output, StringComparison.Ordinal);
        Assert.Contains("snapshot " + id[..8] + " taken", run.Output, StringComparison.Ordinal);
        ProgramRun json = _program.Run([.. arguments, "--json"]).Expect(3);
        Assert.Equal(["failed", "copied"], json.Objects.Take(2).Select(o => o.GetProperty("outcome").GetString()));
        Assert.Contains("no repository", json.Objects[0].GetProperty("message").GetString(), StringComparison.Ordinal);

        // A wrong key is no better than an unplugged disk.
        Directory.Move(away, Of("b"));
        arguments[4] = KeyOf("c");
        Assert.Contains($"{Of("b")} did not get", _program.Run(arguments).Expect(3).Error, StringComparison.Ordinal);
        _program.Run("copy", id[..8], "--to", Of("b"), "--to-key-file", KeyOf("b")).Expect(0);
        Assert.Equal(id, Assert.Single(On("b", "list", "--json").Expect(0).Objects).GetProperty("origin").GetProperty("snapshot").GetString());
    }

    [Fact]
    public void A_disk_that_is_full_midway_fails_alone()
    {
        // Grows past what the limit lets a file have; the others write smaller ones.
        string small = Path.Combine(_program.Folder, "mount");
        Directory.CreateDirectory(small);
        if (_program.RunShell($"mount -t tmpfs -o size=12m tmpfs {small}").ExitCode != 0)
            Assert.Fail("the tests mount a small file system, which takes root");
        try
        {
            _program.RunShell($"cp -r {Of("b")}/. {small}").Expect(0);
            _program.RunShell($"mkdir -p {_program.Source} && head -c 40000000 /dev/urandom > {_program.Source}/large").Expect(0);
            ProgramRun run = _program.Run("snapshot", _program.Source, "--also-to", small, "--also-to-key-file", KeyOf("b"), "--also-to", Of("c"), "--also-to-key-file", KeyOf("c")).Expect(3);
            Assert.Contains($"{small} did not get snapshot", run.Error, StringComparison.Ordinal);
            Assert.Contains("No space left", run.Error, StringComparison.Ordinal);
            On("c", "check", "--read-data").Expect(0);
            Assert.Single(On("c", "list", "--json").Expect(0).Objects);
        }
        finally
        {
            _program.RunShell($"umount {small}").Expect(0);
        }
    }

    [Fact]
    public void Where_the_main_repository_fails_nothing_is_done_anywhere()
    {
        Directory.Move(_program.Repository, _program.Repository + ".away");
        _program.Run("snapshot", _program.Source, "--also-to", Of("b"), "--also-to-key-file", KeyOf("b")).Expect(10);
        Assert.Empty(On("b", "list", "--json").Expect(0).Objects);
    }

    [Fact]
    public void A_dry_run_opens_them_and_stores_nothing()
    {
        string[] before = Directory.GetFiles(Of("b"), "*", SearchOption.AllDirectories);
        string[] arguments = ["snapshot", _program.Source, "--dry-run", "--also-to", Of("b"), "--also-to-key-file", KeyOf("b")];
        Assert.Contains($"also to      {Of("b")}, which opens", _program.Run(arguments).Expect(0).Output, StringComparison.Ordinal);
        Assert.Equal("planned", _program.Run([.. arguments, "--json"]).Expect(0).Objects[0].GetProperty("outcome").GetString());
        Assert.Equal(before, Directory.GetFiles(Of("b"), "*", SearchOption.AllDirectories));
        _program.Run([.. arguments, "--also-to", Of("none")]).Expect(3);
    }

    [Fact]
    public void What_opens_them_stands_behind_each_or_in_the_environment_of_copy()
    {
        _program.With("SNAPSTORE_TO_KEY_FILE", KeyOf("b"));
        _program.Run("snapshot", _program.Source, "--also-to", Of("b"), "--also-to", Of("c"), "--also-to-password-command", "cat none").Expect(3);
        Assert.Single(On("b", "list", "--json").Expect(0).Objects);
        Usage("stands behind", "--also-to-key-file", KeyOf("b"), "--also-to", Of("b"));
        Usage("given twice", "--also-to", Of("b"), "--also-to-key-file", KeyOf("b"), "--also-to-key-file", KeyOf("c"));
        Usage("same repository", "--also-to", _program.Repository, "--also-to-key-file", _program.KeyFile);
        Usage("same repository", "--also-to", Of("b"), "--also-to", Of("b"));
        Usage("at once", "--also-to", Of("b"), "--also-to-key-file", KeyOf("b"), "--also-to-password-file", KeyOf("b"));
        Assert.Empty(_program.Run("list", "--json").Expect(0).Objects.Skip(1));

        void Usage(string problem, params string[] arguments) =>
            Assert.Contains(problem, _program.Run(["snapshot", _program.Source, .. arguments]).Expect(2).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_command_that_fails_makes_no_copy()
    {
        _program.Run("snapshot", "exec:", "--name", "x", "--also-to", Of("b"), "--also-to-key-file", KeyOf("b"), "--", "sh", "-c", "echo x; exit 1").Expect(1);
        Assert.Empty(On("b", "list", "--json").Expect(0).Objects);
    }

    private string Of(string name) => Path.Combine(_program.Folder, name);

    private string KeyOf(string name) => Path.Combine(_program.Folder, $"{name}.new");

    private ProgramRun On(string name, params string[] arguments) => arguments[0] == "init"
        ? _program.RunShell($"SNAPSTORE_KEY_FILE= $snapstore --repo {Of(name)} {string.Join(' ', arguments)}")
        : _program.Run(["--repo", Of(name), "--key-file", KeyOf(name), .. arguments]);
}
