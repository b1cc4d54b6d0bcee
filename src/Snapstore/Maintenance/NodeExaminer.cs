using Snapstore.Formats;

namespace Snapstore.Maintenance;

/// <summary>Decodes a node and checks all of it that can be checked without its children. Thread safe.</summary>
internal sealed class NodeExaminer(BlobPlaces places)
{
    private const byte ListTypeMin = 3;

    /// <summary>What the node says; <paramref name="what"/> names it in problems.</summary>
    public NodeFacts Examine(in BlobId id, ReadOnlySpan<byte> plain, string what)
    {
        NodeFacts facts = new(id);
        try
        {
            if (!plain.IsEmpty && plain[0] >= ListTypeMin)
                ExamineList(facts, ChunkListNode.Decode(plain, what));
            else
                ExamineTree(facts, TreeNode.Decode(plain, what));
        }
        catch (Exception e) when (e is CorruptDataException or UnsupportedException)
        {
            facts.Blame($"blob {id}", null, e.Message);
        }

        return facts;
    }

    private void ExamineTree(NodeFacts facts, TreeNode node)
    {
        facts.Type = NodeType.Tree;
        facts.Height = node.Height;
        Sum sum = default;
        if (node.Height == 0)
            ExamineEntries(facts, node.Entries, ref sum);
        else
            ExamineChildren(facts, node, ref sum);
        Finish(facts, sum);
    }

    private void ExamineEntries(NodeFacts facts, TreeEntry[] entries, ref Sum sum)
    {
        foreach (TreeEntry entry in entries)
        {
            sum.Add(1, 1 + (UInt128)(ulong)entry.Below.Entries, (UInt128)(ulong)entry.Size + (ulong)entry.Below.Bytes);
            if (entry.Kind == EntryKind.Directory)
                facts.Edges.Add(new NodeEdge(EdgeKind.Directory, entry.Tree, 0, 0, entry.Below, entry.Name, [], []));
            if (entry.Content.List is { } list)
                facts.Edges.Add(new NodeEdge(EdgeKind.File, list, 0, 0, new SubtreeTotals(0, entry.Size), entry.Name, [], []));
            foreach (ContentItem item in entry.Content.Items ?? [])
                ExamineItem(facts, item, entry.Name);
        }

        if (entries.Length > 0)
            (facts.FirstName, facts.LastName) = (entries[0].Name, entries[^1].Name);
    }

    private static void ExamineChildren(NodeFacts facts, TreeNode node, ref Sum sum)
    {
        byte[] before = [];
        foreach (TreeChild child in node.Children)
        {
            sum.Add((ulong)child.Entries, (ulong)child.Totals.Entries, (ulong)child.Totals.Bytes);
            facts.Edges.Add(new NodeEdge(
                EdgeKind.TreeChild, child.Id, node.Height - 1, child.Entries, child.Totals, [], child.LastName, before));
            before = child.LastName;
        }

        facts.LastName = before;
    }

    private void ExamineList(NodeFacts facts, ChunkListNode node)
    {
        facts.Type = NodeType.List;
        facts.Height = node.Height;
        Sum sum = default;
        foreach (ContentItem item in node.Items)
        {
            sum.Add(0, 0, (ulong)item.Length);
            ExamineItem(facts, item, entryName: null);
        }

        foreach (ChunkListChild child in node.Children)
        {
            sum.Add(0, 0, (ulong)child.Length);
            facts.Edges.Add(new NodeEdge(EdgeKind.ListChild, child.Id, node.Height - 1, 0, new SubtreeTotals(0, child.Length), [], [], []));
        }

        Finish(facts, sum);
    }

    private void ExamineItem(NodeFacts facts, ContentItem item, byte[]? entryName)
    {
        if (!item.IsHole && places.ProblemOf(item.Id, item.Length) is var (culprit, message))
            facts.Blame(culprit, entryName, message);
    }

    private static void Finish(NodeFacts facts, in Sum sum)
    {
        if (sum.Own > long.MaxValue || sum.Entries > long.MaxValue || sum.Bytes > long.MaxValue)
            facts.Blame($"blob {facts.Id}", null, "states totals beyond 63 bits");
        else
            (facts.Own, facts.Totals) = ((long)sum.Own, new SubtreeTotals((long)sum.Entries, (long)sum.Bytes));
    }

    // Wide enough for 1024 numbers of 63 bits, so that lies are found and not thrown.
    private struct Sum
    {
        public UInt128 Own, Entries, Bytes;

        public void Add(UInt128 own, UInt128 entries, UInt128 bytes)
        {
            Own += own;
            Entries += entries;
            Bytes += bytes;
        }
    }
}
