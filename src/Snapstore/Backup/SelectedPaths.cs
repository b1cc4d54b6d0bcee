namespace Snapstore.Backup;

/// <summary>The paths a user named, as bytes: absolute, without `.` and `..`, each once and none inside another.</summary>
internal static class SelectedPaths
{
    /// <summary>The paths in order of their bytes; one that lies below another is dropped.</summary>
    /// <exception cref="UsageException">There is none, or one is not absolute.</exception>
    public static IReadOnlyList<byte[]> Normalize(IReadOnlyList<byte[]> paths)
    {
        List<byte[]> kept = [];
        foreach (byte[] path in paths.Select(Clean).OrderBy(p => p, Comparer<byte[]>.Create(ComparePaths)))
        {
            if (kept.Count == 0 || !IsSameOrBelow(path, kept[^1]))
                kept.Add(path);
        }

        return kept.Count > 0 ? kept : throw new UsageException("nothing to snapshot: name at least one file or directory");
    }

    /// <summary>The names between the slashes.</summary>
    public static byte[][] Split(ReadOnlySpan<byte> path)
    {
        List<byte[]> parts = [];
        foreach (Range part in path.Split((byte)'/'))
        {
            if (!path[part].IsEmpty)
                parts.Add(path[part].ToArray());
        }

        return [.. parts];
    }

    private static byte[] Clean(byte[] path)
    {
        if (path.Length == 0 || path[0] != (byte)'/')
            throw new UsageException($"the path {Text.PrintablePath.Of(path)} is not absolute");
        List<byte[]> parts = [];
        foreach (byte[] part in Split(path))
        {
            if (part.AsSpan().SequenceEqual(".."u8))
                parts.RemoveRange(Math.Max(0, parts.Count - 1), Math.Min(1, parts.Count));
            else if (!part.AsSpan().SequenceEqual("."u8))
                parts.Add(part);
        }

        return parts.Count == 0 ? "/"u8.ToArray() : [.. parts.SelectMany(part => new byte[] { (byte)'/' }.Concat(part))];
    }

    // By components, so that what lies below a directory follows it at once: '/' sorts before every other byte.
    private static int ComparePaths(byte[] a, byte[] b)
    {
        byte[][] x = Split(a), y = Split(b);
        for (int i = 0; i < Math.Min(x.Length, y.Length); i++)
        {
            int order = x[i].AsSpan().SequenceCompareTo(y[i]);
            if (order != 0)
                return order;
        }

        return x.Length.CompareTo(y.Length);
    }

    private static bool IsSameOrBelow(byte[] path, byte[] above) =>
        above.Length == 1
        || (path.AsSpan().StartsWith(above) && (path.Length == above.Length || path[above.Length] == (byte)'/'));
}
