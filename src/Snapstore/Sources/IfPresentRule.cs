using System.Text;

namespace Snapstore.Sources;

/// <summary>Leaves out what is in a directory that holds a file of this name, but for that file.</summary>
/// <param name="Name">The file's name, raw bytes.</param>
/// <param name="Header">What the file must begin with; empty for anything.</param>
public sealed record IfPresentRule(byte[] Name, byte[] Header)
{
    /// <summary>The tag that marks caches for backup programs (bford.info/cachedir).</summary>
    public static IfPresentRule CacheDirectory { get; } =
        Parse("CACHEDIR.TAG:Signature: 8a477f597d28d172789f06886806bc55");

    /// <summary>Reads <c>NAME</c> or <c>NAME:HEADER</c>.</summary>
    /// <exception cref="UsageException">NAME is no file name.</exception>
    public static IfPresentRule Parse(string text)
    {
        string[] parts = text.Split(':', 2);
        bool isName = parts[0] is not ("" or "." or "..") && parts[0].AsSpan().IndexOfAny('/', '\0') < 0;
        if (!isName)
            throw new UsageException($"'{text}' does not begin with a file name; write NAME or NAME:HEADER");
        return new IfPresentRule(Encoding.UTF8.GetBytes(parts[0]), parts.Length > 1 ? Encoding.UTF8.GetBytes(parts[1]) : []);
    }

    /// <inheritdoc/>
    public override string ToString() => Encoding.UTF8.GetString(Name) + (Header.Length > 0 ? ":" + Encoding.UTF8.GetString(Header) : "");
}
