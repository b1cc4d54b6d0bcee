using Snapstore.Tests;

namespace Snapstore.Databases.Tests;

/// <summary>Where a database's password comes from.</summary>
public sealed class DatabasePasswordTests
{
    [Fact]
    public void Comes_from_either_variable()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["password"], "s3cret \r\nsecond line\n");

        Assert.Null(Find());
        Assert.Equal("s3cret", Find((DatabasePassword.Variable, "s3cret")));
        Assert.Equal("s3cret ", Find((DatabasePassword.FileVariable, folder["password"])));
    }

    [Fact]
    public void Both_at_once_are_refused_without_a_word_of_the_secret()
    {
        UsageException refused = Assert.Throws<UsageException>(() => Find((DatabasePassword.Variable, "s3cret"), (DatabasePassword.FileVariable, "f")));
        Assert.DoesNotContain("s3cret", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_is_told() =>
        Assert.Throws<SourceException>(() => Find((DatabasePassword.FileVariable, "/nonexistent/password")));

    [Fact]
    public void Programs_do_not_inherit_it()
    {
        Dictionary<string, string?> environment = new() { [DatabasePassword.Variable] = "a", [DatabasePassword.FileVariable] = "b", ["HOME"] = "/" };
        DatabasePassword.Hide(environment);
        Assert.Equal(["HOME"], environment.Keys);
    }

    private static string? Find(params (string Name, string Value)[] variables) =>
        DatabasePassword.Find(name => variables.FirstOrDefault(variable => variable.Name == name).Value);
}
