namespace Snapstore.Sources;

/// <summary>The selected paths as a tree of names: what lies on the way to them, and they themselves.</summary>
internal sealed class PathNode(byte[] name)
{
    private readonly List<PathNode> _children = [];

    /// <summary>The name; empty for the root.</summary>
    public byte[] Name { get; } = name;

    /// <summary>What lies below on the way to selected paths, sorted by name.</summary>
    public IReadOnlyList<PathNode> Children => _children;

    /// <summary>True where this path itself was selected, with all below it.</summary>
    public bool IsSelected { get; private set; }

    /// <summary>The tree of these absolute paths, sorted by components, none inside another.</summary>
    public static PathNode Of(IEnumerable<byte[]> paths)
    {
        PathNode root = new([]);
        foreach (byte[] path in paths)
        {
            PathNode node = root;
            foreach (Range part in path.AsSpan().Split((byte)'/'))
            {
                if (path.AsSpan(part).Length > 0)
                    node = node.Child(path[part]);
            }

            node.IsSelected = true;
        }

        return root;
    }

    private PathNode Child(byte[] name)
    {
        PathNode? found = _children.Find(child => child.Name.AsSpan().SequenceEqual(name));
        if (found is null)
            _children.Add(found = new PathNode(name));
        return found;
    }
}
