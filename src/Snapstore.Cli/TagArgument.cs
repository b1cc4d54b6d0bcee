namespace Snapstore.Cli;

/// <summary>Tags as options take them: several options, each with one tag or several between commas.</summary>
internal static class TagArgument
{
    /// <summary>The tags.</summary>
    /// <exception cref="UsageException">One is empty.</exception>
    public static IReadOnlyList<string> Split(IEnumerable<string> values)
    {
        string[] tags = [.. values.SelectMany(value => value.Split(',')).Select(tag => tag.Trim())];
        return tags.All(tag => tag.Length > 0)
            ? tags
            : throw new UsageException("a tag is empty; write --tag NAME or --tag NAME,NAME");
    }
}
