using Snapstore.Formats;

namespace Snapstore.Maintenance;

/// <summary>The two kinds of meta blobs.</summary>
internal enum NodeType : byte
{
    /// <summary>A node of a directory.</summary>
    Tree = 1,

    /// <summary>A node of a chunk list.</summary>
    List = 2,
}

/// <summary>How one node refers to another.</summary>
internal enum EdgeKind : byte
{
    /// <summary>A directory entry to the root of its tree.</summary>
    Directory = 1,

    /// <summary>A tree branch to a child of the same directory.</summary>
    TreeChild = 2,

    /// <summary>A file entry to the root of its chunk list.</summary>
    File = 3,

    /// <summary>A chunk-list branch to a child.</summary>
    ListChild = 4,
}

/// <summary>A reference from one node to another, and what it says of it.</summary>
/// <param name="Kind">How it refers.</param>
/// <param name="Child">The node referred to.</param>
/// <param name="Height">The child's height; for children only.</param>
/// <param name="Own">Entries of its directory in the child; for tree children only.</param>
/// <param name="Totals">What lies below; for chunk lists only the bytes.</param>
/// <param name="EntryName">The entry that refers; empty for children.</param>
/// <param name="LastName">The child's last name; for tree children only.</param>
/// <param name="NameBefore">The last name of the child before it; empty for a first child and for all else.</param>
internal sealed record NodeEdge(
    EdgeKind Kind, BlobId Child, int Height, long Own, SubtreeTotals Totals, byte[] EntryName, byte[] LastName, byte[] NameBefore);

/// <summary>Something wrong in a node, and where.</summary>
/// <param name="Object">The object that is to blame: a pack, a blob.</param>
/// <param name="EntryName">The entry that suffers; null where the whole node does.</param>
/// <param name="Message">What is wrong.</param>
internal sealed record NodeProblem(string Object, byte[]? EntryName, string Message);

/// <summary>What one node says of itself.</summary>
internal sealed class NodeFacts(BlobId id)
{
    /// <summary>The node's blob.</summary>
    public BlobId Id { get; } = id;

    /// <summary>What it is; 0 where it cannot be decoded.</summary>
    public NodeType Type { get; set; }

    /// <summary>0 for a leaf.</summary>
    public int Height { get; set; }

    /// <summary>Entries of its directory in it.</summary>
    public long Own { get; set; }

    /// <summary>What it adds to the totals of whoever refers to it; for chunk lists only the bytes.</summary>
    public SubtreeTotals Totals { get; set; }

    /// <summary>A tree leaf's first name; empty for a branch, whose first leaf answers for it.</summary>
    public byte[] FirstName { get; set; } = [];

    /// <summary>A tree node's last name.</summary>
    public byte[] LastName { get; set; } = [];

    /// <summary>Its references to other nodes.</summary>
    public List<NodeEdge> Edges { get; } = [];

    /// <summary>What is wrong with it, its children aside; null where nothing is.</summary>
    public List<NodeProblem>? Problems { get; private set; }

    /// <summary>Adds a problem.</summary>
    public void Blame(string @object, byte[]? entryName, string message) => (Problems ??= []).Add(new(@object, entryName, message));
}
