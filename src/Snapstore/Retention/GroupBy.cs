namespace Snapstore.Retention;

/// <summary>What snapshots have in common that are decided together.</summary>
[Flags]
public enum GroupBy
{
    /// <summary>Nothing: all are one group.</summary>
    None = 0,

    /// <summary>The host.</summary>
    Host = 1,

    /// <summary>The kind of source and its paths.</summary>
    Source = 2,

    /// <summary>The tags.</summary>
    Tags = 4,

    /// <summary>All three, where nothing else is said.</summary>
    Default = Host | Source | Tags,
}

/// <summary>How groupings are written: "host,source,tags", or any part of it; "" is one group.</summary>
public static class GroupByText
{
    private static readonly (string Name, GroupBy Value)[] Names =
        [("host", GroupBy.Host), ("source", GroupBy.Source), ("tags", GroupBy.Tags)];

    /// <summary>Reads a grouping.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static GroupBy Parse(string text)
    {
        GroupBy result = GroupBy.None;
        foreach (string part in text.Length == 0 ? [] : text.Split(','))
        {
            GroupBy value = Array.Find(Names, known => known.Name == part).Value;
            result |= value != GroupBy.None
                ? value
                : throw new UsageException($"'{text}' is no grouping: write host, source and tags, or some of them, with commas between; nothing for one group");
        }

        return result;
    }

    /// <summary>The text that <see cref="Parse"/> reads.</summary>
    public static string Of(GroupBy groupBy) =>
        string.Join(',', Names.Where(known => groupBy.HasFlag(known.Value)).Select(known => known.Name));
}
