using System.Buffers.Binary;
using Snapstore.Formats;

namespace Snapstore.Maintenance;

/// <summary>What is known of a node.</summary>
internal enum NodeState : byte
{
    /// <summary>Referred to, and not met: as good as lost.</summary>
    Unseen = 0,

    /// <summary>It and all below it can be restored.</summary>
    Whole = 1,

    /// <summary>Right in itself; some children were not whole when it was met.</summary>
    Waiting = 2,

    /// <summary>Its children are being looked at.</summary>
    Entered = 3,

    /// <summary>It, or something below it, cannot be restored.</summary>
    Broken = 4,
}

/// <summary>The nodes of all trees and chunk lists, by id, with what they say of themselves: about 80 bytes each,
/// nothing of it for the garbage collector to follow.</summary>
/// <remarks>
/// Nodes come in any order; children before parents (the order they are written in) is the cheap one: then a node is
/// known to be whole or broken at once. References to nodes that come later are kept until <see cref="Resolve"/>.
/// Every node is looked at once however often it is referred to, so shared subtrees cost nothing.
/// </remarks>
internal sealed class NodeTable
{
    private const int SlotsMin = 1 << 12;

    private readonly ChunkedList<Record> _records = new();
    private readonly ChunkedList<WaitingEdge> _edges = new();
    private readonly NameArena _names = new();
    private uint[] _slots = new uint[SlotsMin];

    /// <summary>Nodes met.</summary>
    public long Met { get; private set; }

    /// <summary>What is known of a node.</summary>
    public NodeState StateOf(in BlobId id) => _records[NumberOf(id)].State;

    /// <summary>True where the node is the whole root of a directory.</summary>
    public bool IsWholeTree(in BlobId id) =>
        _records[NumberOf(id)] is { State: NodeState.Whole, Type: NodeType.Tree };

    /// <summary>Takes in a node; a second copy of one changes nothing.</summary>
    public void Add(NodeFacts facts)
    {
        uint number = NumberOf(facts.Id);
        ref Record record = ref _records[number];
        if (record.State != NodeState.Unseen)
            return;
        Met++;
        record.Type = facts.Type;
        record.Height = (byte)facts.Height;
        record.Own = facts.Own;
        record.Totals = facts.Totals;
        if (facts.Problems is not null)
        {
            record.State = NodeState.Broken;
            return;
        }

        if (facts.FirstName.Length > 0)
            record.FirstName = _names.Add(facts.FirstName);
        if (facts.LastName.Length > 0)
            record.LastName = _names.Add(facts.LastName);
        record.State = NodeState.Whole;
        foreach (NodeEdge edge in facts.Edges)
            Take(ref record, edge);
    }

    /// <summary>Decides all nodes that still wait; to be called when all have come.</summary>
    public void Resolve(CancellationToken cancel)
    {
        Stack<uint> entered = new();
        for (uint number = 0; number < _records.Count; number++)
        {
            if (_records[number].State != NodeState.Waiting)
                continue;
            cancel.ThrowIfCancellationRequested();
            entered.Push(number);
            while (entered.TryPeek(out uint top))
            {
                if (Step(ref _records[top]) is { } child)
                    entered.Push(child);
                else
                    entered.Pop();
            }
        }
    }

    /// <summary>What a reference says of a node that the node does not; null where they agree.</summary>
    public string? Disagreement(NodeEdge edge)
    {
        Claim claim = new(edge.Kind, edge.Height, edge.Own, edge.Totals, edge.LastName, edge.NameBefore);
        ref Record child = ref _records[NumberOf(edge.Child)];
        return child.State == NodeState.Whole ? Disagreement(claim, child) : null;
    }

    private void Take(ref Record record, NodeEdge edge)
    {
        uint childNumber = NumberOf(edge.Child);
        ref Record child = ref _records[childNumber];
        if (child.State == NodeState.Whole && record.State is NodeState.Whole or NodeState.Broken)
        {
            Claim claim = new(edge.Kind, edge.Height, edge.Own, edge.Totals, edge.LastName, edge.NameBefore);
            Settle(ref record, claim, child);
            return;
        }

        if (child.State == NodeState.Broken)
            record.State = NodeState.Broken;
        if (record.State == NodeState.Broken)
            return;
        uint place = _edges.Add(new WaitingEdge
        {
            Child = childNumber,
            Kind = edge.Kind,
            Height = (byte)edge.Height,
            Own = edge.Own,
            Totals = edge.Totals,
            LastName = edge.LastName.Length > 0 ? _names.Add(edge.LastName) : 0,
            NameBefore = edge.NameBefore.Length > 0 ? _names.Add(edge.NameBefore) : 0,
        });
        if (record.State == NodeState.Whole)
            (record.State, record.NextEdge) = (NodeState.Waiting, place);
        record.EdgesEnd = place + 1;
    }

    // One child further: the child to enter first, or null where the node is decided.
    private uint? Step(ref Record record)
    {
        record.State = NodeState.Entered;
        for (; record.NextEdge < record.EdgesEnd; record.NextEdge++)
        {
            WaitingEdge edge = _edges[record.NextEdge];
            ref Record child = ref _records[edge.Child];
            if (child.State == NodeState.Waiting)
                return edge.Child;
            if (child.State != NodeState.Whole)
            {
                // Entered: a cycle, which ids that are hashes rule out.
                record.State = NodeState.Broken;
                return null;
            }

            Claim claim = new(edge.Kind, edge.Height, edge.Own, edge.Totals, _names[edge.LastName], _names[edge.NameBefore]);
            Settle(ref record, claim, child);
            if (record.State == NodeState.Broken)
                return null;
        }

        record.State = NodeState.Whole;
        return null;
    }

    private void Settle(ref Record record, in Claim claim, in Record child)
    {
        int nesting = claim.Kind == EdgeKind.Directory ? child.Nesting + 1 : child.Nesting;
        record.Nesting = (ushort)Math.Max(record.Nesting, nesting);
        if (claim.Kind == EdgeKind.TreeChild && claim.NameBefore.IsEmpty)
            record.FirstName = child.FirstName;
        if (nesting > Limits.TreeDepthMax || Disagreement(claim, child) is not null)
            record.State = NodeState.Broken;
    }

    private string? Disagreement(in Claim claim, in Record child)
    {
        bool isTree = claim.Kind is EdgeKind.Directory or EdgeKind.TreeChild;
        if (child.Type != (isTree ? NodeType.Tree : NodeType.List))
            return "refers to a node of another type";
        if (child.Totals != claim.Totals)
        {
            return isTree
                ? $"states {claim.Totals.Entries} entries and {claim.Totals.Bytes} bytes below, and there are {child.Totals.Entries} and {child.Totals.Bytes}"
                : $"has {claim.Totals.Bytes} bytes, and its chunk list holds {child.Totals.Bytes}";
        }

        bool isChild = claim.Kind is EdgeKind.TreeChild or EdgeKind.ListChild;
        if (isChild && child.Height != claim.Height)
            return $"refers to a node of height {child.Height} where {claim.Height} belongs";
        if (claim.Kind == EdgeKind.Directory && child.Nesting >= Limits.TreeDepthMax)
            return $"has directories more than {Limits.TreeDepthMax} deep below it";
        return claim.Kind == EdgeKind.TreeChild ? TreeChildDisagreement(claim, child) : null;
    }

    private string? TreeChildDisagreement(in Claim claim, in Record child)
    {
        if (child.Own != claim.Own || child.Own == 0)
            return $"states {claim.Own} entries in a child that has {child.Own}";
        if (!_names[child.LastName].SequenceEqual(claim.LastName))
            return "misstates a child's last name";
        return claim.NameBefore.IsEmpty || _names[child.FirstName].SequenceCompareTo(claim.NameBefore) > 0
            ? null
            : "has children whose names are out of order";
    }

    private uint NumberOf(in BlobId id)
    {
        NodeKey key = new(id);
        uint mask = (uint)_slots.Length - 1;
        for (uint at = key.Hash & mask; ; at = (at + 1) & mask)
        {
            uint slot = _slots[at];
            if (slot == 0)
                return AddRecord(key, at);
            if (_records[slot - 1].Key == key)
                return slot - 1;
        }
    }

    private uint AddRecord(in NodeKey key, uint at)
    {
        uint number = _records.Add(new Record { Key = key });
        _slots[at] = number + 1;
        if (_records.Count > _slots.Length / 4 * 3)
            Rehash();
        return number;
    }

    private void Rehash()
    {
        _slots = new uint[_slots.Length * 2];
        uint mask = (uint)_slots.Length - 1;
        for (uint number = 0; number < _records.Count; number++)
        {
            uint at = _records[number].Key.Hash & mask;
            while (_slots[at] != 0)
                at = (at + 1) & mask;
            _slots[at] = number + 1;
        }
    }

    // The first 20 bytes of an id, as the index holds them.
    private readonly record struct NodeKey(ulong First, ulong Second, uint Third)
    {
        public NodeKey(in BlobId id)
            : this(
                BinaryPrimitives.ReadUInt64LittleEndian(id.Span),
                BinaryPrimitives.ReadUInt64LittleEndian(id.Span[8..]),
                BinaryPrimitives.ReadUInt32LittleEndian(id.Span[16..]))
        {
        }

        public uint Hash => unchecked((uint)First);
    }

    private struct Record
    {
        public NodeKey Key;
        public long Own;
        public SubtreeTotals Totals;
        public uint FirstName, LastName, NextEdge, EdgesEnd;
        public ushort Nesting;
        public NodeType Type;
        public byte Height;
        public NodeState State;
    }

    private struct WaitingEdge
    {
        public long Own;
        public SubtreeTotals Totals;
        public uint Child, LastName, NameBefore;
        public EdgeKind Kind;
        public byte Height;
    }

    private readonly ref struct Claim(
        EdgeKind kind, int height, long own, SubtreeTotals totals, ReadOnlySpan<byte> lastName, ReadOnlySpan<byte> nameBefore)
    {
        public readonly EdgeKind Kind = kind;
        public readonly int Height = height;
        public readonly long Own = own;
        public readonly SubtreeTotals Totals = totals;
        public readonly ReadOnlySpan<byte> LastName = lastName;
        public readonly ReadOnlySpan<byte> NameBefore = nameBefore;
    }
}
