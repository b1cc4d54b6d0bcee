using Snapstore.Cli.Tests;

namespace Snapstore.RemoteStorage.Tests.S3;

/// <summary>The built program on Swift: refused as it is, used where the user says what follows.</summary>
[Collection(SwiftCollection.Name)]
public sealed class SwiftProgramTests(SwiftServer swift) : IDisposable
{
    private readonly SnapstoreProgram _program = new();

    public void Dispose() => _program.Dispose();

    [Fact]
    public void A_store_without_conditions_is_refused_and_says_how_to_use_it_all_the_same()
    {
        Use(swift.NewPlace());

        string error = _program.Run("init", "--create-bucket", "--new-key-file", _program.KeyFile).Expect(1).Error;

        Assert.Contains("not fit for a repository", error, StringComparison.Ordinal);
        Assert.Contains("?conditions=no", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Snapshots_are_safe_there_and_garbage_is_collected_while_nobody_writes()
    {
        Use(swift.NewPlace() + "?conditions=no");
        _program.Run("init", "--create-bucket", "--new-key-file", _program.KeyFile).Expect(0);
        _program.With("SNAPSTORE_KEY_FILE", _program.KeyFile);
        _program.Write("a", "the first content");
        _program.Snapshot();
        _program.Write("a", "the second content");
        _program.Snapshot();
        _program.Run("check", "--read-data").Expect(0);
        _program.Run("forget", "--keep-last", "1").Expect(0);

        Assert.Contains("--exclusive", _program.Run("prune").Expect(1).Error, StringComparison.Ordinal);
        _program.Run("prune", "--exclusive", "--max-unused", "0%").Expect(0);

        _program.Run("check", "--read-data").Expect(0);
        Assert.Equal("the second content", _program.Run("cat", $"latest:{_program.Source}/a").Expect(0).Output);
    }

    private void Use(string place) => _program
        .Without("SNAPSTORE_KEY_FILE")
        .With("SNAPSTORE_REPOSITORY", place)
        .With("AWS_EC2_METADATA_DISABLED", "true")
        .With("AWS_ACCESS_KEY_ID", SwiftServer.AccessKey)
        .With("AWS_SECRET_ACCESS_KEY", SwiftServer.SecretKey);
}
