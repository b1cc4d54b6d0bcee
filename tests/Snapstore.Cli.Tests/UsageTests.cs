namespace Snapstore.Cli.Tests;

/// <summary>A repository with one snapshot, for tests that change nothing.</summary>
public sealed class SharedRepository : IDisposable
{
    public SharedRepository()
    {
        Program.Write("file", "content");
        _ = Program.Snapshot();
    }

    internal SnapstoreProgram Program { get; } = SnapstoreProgram.WithRepository();

    public void Dispose() => Program.Dispose();
}

public sealed class UsageTests(SharedRepository repository) : IClassFixture<SharedRepository>
{
    [Theory]
    [InlineData("nonsense")]
    [InlineData("list", "--nonsense")]
    [InlineData("--json")]
    [InlineData("key")]
    [InlineData("restore", "latest")]
    [InlineData("snapshot")]
    [InlineData("snapshot", "-")]
    [InlineData("snapshot", "-", "--name", "..")]
    [InlineData("snapshot", "-", "--name", "x", "--exclude", "y")]
    [InlineData("snapshot", "-", "/etc", "--name", "x")]
    [InlineData("snapshot", "exec:", "--name", "x")]
    [InlineData("snapshot", "/", "--compression", "extreme")]
    [InlineData("snapshot", "/", "--exclude-larger-than", "many")]
    [InlineData("snapshot", "/", "--time", "yesterday")]
    [InlineData("snapshot", "/", "--force", "--parent", "latest")]
    [InlineData("snapshot", "--files-from", "/does/not/exist")]
    [InlineData("list", "--since", "soon")]
    [InlineData("restore", "abcd", "--target", "t")]
    [InlineData("restore", "latest:/no/such/path", "--target", "t")]
    [InlineData("check", "--read-data=8/7")]
    [InlineData("tag", "latest")]
    [InlineData("key", "remove", "0000")]
    [InlineData("init")]
    [InlineData("completion", "csh")]
    public void Wrong_usage_is_2_and_says_why_in_one_line(params string[] arguments)
    {
        ProgramRun run = repository.Program.Run(arguments).Expect(2);
        Assert.Empty(run.Output);
        string said = arguments[0] == "--json" ? run.ErrorObjects[0].GetProperty("message").GetString()! : run.Error;
        Assert.DoesNotContain("should not have happened", said, StringComparison.Ordinal);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void A_directory_given_as_a_database_is_told_how_directories_are_given()
    {
        ProgramRun run = repository.Program.Run("restore", "latest", "--to", "./my files").Expect(2);
        Assert.Contains("--target './my files'", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("db_user:s3cret@db1/shop")]
    [InlineData("my_sql://root:s3cret@db1/shop")]
    public void A_database_without_a_scheme_is_not_shown_for_it_may_hold_a_password(string url)
    {
        ProgramRun run = repository.Program.Run("restore", "latest", "--to", url).Expect(2);
        Assert.DoesNotContain("s3cret", run.Error, StringComparison.Ordinal);
        Assert.Contains("scheme://", run.Error, StringComparison.Ordinal);
    }
}
