namespace Snapstore.Cli.Tests;

public sealed class SecretTests : IDisposable
{
    private const string Password = "a-password-nobody-may-see";

    private readonly SnapstoreProgram _program = new();

    public void Dispose() => _program.Dispose();

    [Fact]
    public void A_password_comes_from_the_environment_a_file_or_a_command()
    {
        _program.Without("SNAPSTORE_KEY_FILE").With("SNAPSTORE_PASSWORD", Password).Run("init").Expect(0);
        _program.Run("list").Expect(0);
        File.WriteAllText(Path.Combine(_program.Folder, "password"), Password + "\nsecond line\n");
        _program.Without("SNAPSTORE_PASSWORD").Run("list", "--password-file", "password").Expect(0);
        _program.Run("list", "--password-command", "head -n 1 password").Expect(0);
        _program.With("SNAPSTORE_PASSWORD_FILE", "password").Run("list").Expect(0);
        _program.Without("SNAPSTORE_PASSWORD_FILE").With("SNAPSTORE_PASSWORD_COMMAND", "cat password").Run("list").Expect(0);
        _program.With("SNAPSTORE_PASSWORD_COMMAND", "exit 3").Run("list").Expect(12);
        _program.With("SNAPSTORE_PASSWORD_COMMAND", "echo other").Run("list").Expect(12);
    }

    [Fact]
    public void An_option_goes_before_the_environment()
    {
        _program.Without("SNAPSTORE_KEY_FILE").Run("init", "--new-key-file", "the.key").Expect(0);
        _program.With("SNAPSTORE_PASSWORD", Password).Run("list", "--key-file", "the.key").Expect(0);
    }

    [Fact]
    public void Two_secrets_at_once_are_refused()
    {
        ProgramRun run = _program.With("SNAPSTORE_PASSWORD", Password).Run("-r", _program.Folder, "init").Expect(2);
        Assert.Contains("SNAPSTORE_PASSWORD and SNAPSTORE_KEY_FILE", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void No_secret_is_ever_printed()
    {
        _program.Without("SNAPSTORE_KEY_FILE").Run("init", "--new-key-file", "the.key").Expect(0);
        string key = File.ReadAllText(Path.Combine(_program.Folder, "the.key")).Trim();
        _program.With("SNAPSTORE_PASSWORD", Password);
        File.WriteAllText(Path.Combine(_program.Folder, "new"), "new" + Password);
        ProgramRun[] runs =
        [
            _program.Run("-v", "list"),
            _program.Run("-v", "--json", "list"),
            _program.Run("-v", "--json", "--key-file", "the.key", "key", "add", "--new-password-file", "new"),
            _program.Run("-v", "--key-file", "the.key", "key", "list"),
            _program.Run("-v", "--key-file", "new", "list"),
        ];
        Assert.Equal([12, 12, 0, 0, 2], runs.Select(run => run.ExitCode));
        foreach (ProgramRun run in runs)
        {
            Assert.DoesNotContain(Password, run.Output + run.Error, StringComparison.Ordinal);
            Assert.DoesNotContain(key[^64..], run.Output + run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void No_option_takes_a_secret_itself()
    {
        string help = _program.Run("init", "--help").Output + _program.Run("key", "passwd", "--help").Output;
        Assert.DoesNotContain("--password ", help, StringComparison.Ordinal);
        Assert.DoesNotContain("--new-password ", help, StringComparison.Ordinal);
        Assert.DoesNotContain("--key ", help, StringComparison.Ordinal);
    }

    [Fact]
    public void A_command_that_is_captured_does_not_inherit_the_password()
    {
        _program.Without("SNAPSTORE_KEY_FILE").With("SNAPSTORE_PASSWORD", Password).Run("init").Expect(0);
        ProgramRun run = _program.Run("snapshot", "exec:", "--name", "x", "--", "sh", "-c", "env >&2").Expect(0);
        Assert.Contains("SNAPSTORE_REPOSITORY", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_key_file_is_its_owners_only_and_never_overwrites()
    {
        _program.Without("SNAPSTORE_KEY_FILE").Run("init", "--new-key-file", "the.key").Expect(0);
        string path = Path.Combine(_program.Folder, "the.key");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        string before = File.ReadAllText(path);
        _program.Run("--key-file", "the.key", "key", "add", "--new-key-file", "the.key").Expect(2);
        Assert.Equal(before, File.ReadAllText(path));
    }

    [Fact]
    public void A_terminal_is_asked_twice_for_a_new_password_and_shows_nothing()
    {
        _program.Without("SNAPSTORE_KEY_FILE").With("PASSWORD", Password);
        ProgramRun made = _program.RunShell(Typed("init", "$PASSWORD", "$PASSWORD"));
        Assert.Contains("made at", made.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, made.Output + made.Error, StringComparison.Ordinal);
        Assert.Contains("0 snapshots", _program.RunShell(Typed("list", "wrong", "$PASSWORD")).Output, StringComparison.Ordinal);
        Assert.Contains("differ", _program.RunShell(Typed("-r other init", "one", "two")).Output, StringComparison.Ordinal);
    }

    // Each line is typed once its prompt stands there.
    private static string Typed(string arguments, string first, string second) =>
        $"{{ sleep 1.5; echo \"{first}\"; sleep 1.5; echo \"{second}\"; sleep 1.5; }} | script -qec \"$snapstore {arguments}\" /dev/null";
}
