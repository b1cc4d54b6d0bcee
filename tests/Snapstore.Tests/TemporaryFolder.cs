namespace Snapstore.Tests;

/// <summary>A folder of one test, removed with all it holds when the test is over.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("snapstore-test-").FullName;

    /// <summary>The path of a name in it.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    // By rm: .NET cannot name what is not UTF-8.
    public void Dispose() => Tool.Run("rm", "-rf", "--", Path);
}
