using System.Text.RegularExpressions;

namespace Snapstore.RemoteStorage.Rclone;

/// <summary>A folder of a remote that rclone is configured for, as a user names it: rclone:REMOTE:PATH (spec/storage-rclone.md).
/// Holds no secret: remotes that are written out in a location may, and are refused.</summary>
public sealed partial record RcloneLocation
{
    /// <summary>What a location begins with.</summary>
    public const string Scheme = "rclone:";

    private RcloneLocation(string remote, string path) => (Remote, Path) = (remote, path);

    /// <summary>The remote's name in rclone's configuration.</summary>
    public string Remote { get; }

    /// <summary>The folder there; "" for the remote's own.</summary>
    public string Path { get; }

    /// <summary>As rclone writes it.</summary>
    public string FileSystem => $"{Remote}:{Path}";

    /// <summary>True where this is a location of this kind, right or wrong.</summary>
    public static bool IsMeant(string location) => location.StartsWith(Scheme, StringComparison.Ordinal);

    /// <summary>Takes a location apart.</summary>
    /// <exception cref="UsageException">It is not one. Its text is not shown: it may hold a password.</exception>
    public static RcloneLocation Parse(string location)
    {
        Match match = Form().Match(location[Scheme.Length..]);
        if (!match.Success)
            throw Wrong("write rclone:REMOTE:PATH, where REMOTE is a name of `rclone listremotes`; a remote with its parameters written out is refused, because they may hold a secret");
        string path = match.Groups["path"].Value;
        string trimmed = path.TrimEnd('/');
        if (path.Length > 0 && trimmed.Length == 0)
            throw Wrong("it names the root of everything");
        // A bracket would end the name of the remote in what rclone is asked for.
        return trimmed.Any(c => char.IsControl(c) || c is '[' or ']')
            ? throw Wrong("its path holds a control character or a bracket")
            : new RcloneLocation(match.Groups["remote"].Value, trimmed);
    }

    /// <inheritdoc/>
    public override string ToString() => Scheme + FileSystem;

    private static UsageException Wrong(string why) => new($"the location rclone: is not understood: {why} (see spec/storage-rclone.md)");

    // As rclone has it (fs/fspath, "Remote names"), without those that begin with a dash.
    [GeneratedRegex(@"^(?<remote>[\w.+@](?:[\w.+@ -]*[\w.+@-])?):(?<path>.*)\z", RegexOptions.Singleline)]
    private static partial Regex Form();
}
