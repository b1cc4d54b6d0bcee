using Snapstore.Repositories;

namespace Snapstore.Maintenance;

/// <summary>Finds which paths of a snapshot need what is lost: runs only over snapshots that are not whole, and of
/// them only down to nodes that are not whole.</summary>
internal sealed class DamageWalk(Repository repository, BlobPlaces places, NodeTable nodes, FindingList findings) : IDisposable
{
    private readonly BlobReader _blobs = new(repository, index: places.Index);
    private readonly NodeExaminer _examiner = new(places);
    private readonly Stack<Step> _pending = new();
    private SessionId _snapshot;

    /// <summary>Walks one snapshot.</summary>
    public void Run(Snapshot snapshot, CancellationToken cancel)
    {
        _snapshot = snapshot.Id;
        _pending.Clear();
        _pending.Push(new Step(snapshot.Manifest.Root, null, 0, IsDirectory: true));
        if (nodes.StateOf(snapshot.Manifest.Root) == NodeState.Whole)
            Blame($"blob {snapshot.Manifest.Root}", "is a chunk list where the tree of a snapshot belongs", _pending.Pop());
        for (int steps = 0; _pending.TryPop(out Step? step); steps++)
        {
            cancel.ThrowIfCancellationRequested();
            if (steps == Limits.DamageStepsMax)
            {
                findings.SetAtLeast(_snapshot);
                return;
            }

            Enter(step);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _blobs.Dispose();

    private void Enter(Step step)
    {
        if (nodes.StateOf(step.Node) == NodeState.Unseen)
        {
            Blame(places.Culprit(step.Node), "is missing from the repository", step);
            return;
        }

        NodeFacts facts;
        try
        {
            facts = _examiner.Examine(step.Node, _blobs.Read(step.Node, "a snapshot"), $"node {step.Node}");
        }
        catch (SnapstoreException e)
        {
            Blame(places.Culprit(step.Node), e.Message, step);
            return;
        }

        foreach (NodeProblem problem in facts.Problems ?? [])
            Blame(problem.Object, problem.Message, problem.EntryName is { } name ? step.Below(name, isDirectory: false) : step);
        // Last in, first out: so that paths come in their order.
        for (int i = facts.Edges.Count - 1; i >= 0; i--)
            Follow(facts.Edges[i], step);
    }

    private void Follow(NodeEdge edge, Step step)
    {
        bool isDirectory = edge.Kind is EdgeKind.Directory or EdgeKind.TreeChild;
        Step next = edge.Kind is EdgeKind.Directory or EdgeKind.File
            ? step.Below(edge.EntryName, isDirectory) with { Node = edge.Child }
            : step with { Node = edge.Child };
        if (nodes.StateOf(edge.Child) == NodeState.Whole)
        {
            if (nodes.Disagreement(edge) is { } disagreement)
                Blame($"blob {step.Node}", disagreement, next);
        }
        else if (next.Depth > Limits.TreeDepthMax)
        {
            Blame($"blob {step.Node}", $"lies {Limits.TreeDepthMax} directories deep, and there are more below", step);
        }
        else
        {
            _pending.Push(next);
        }
    }

    private void Blame(string culprit, string message, Step step) => findings.AddAffected(culprit, message, _snapshot, step.Path());

    /// <summary>A node to enter, and the path that led to it.</summary>
    private sealed record Step(BlobId Node, PathPart? Last, int Depth, bool IsDirectory)
    {
        public Step Below(byte[] name, bool isDirectory) => new(Node, new PathPart(Last, name), Depth + 1, isDirectory);

        public byte[] Path()
        {
            List<byte[]> parts = [];
            for (PathPart? part = Last; part is not null; part = part.Parent)
                parts.Add(part.Name);
            List<byte> path = [];
            for (int i = parts.Count - 1; i >= 0; i--)
            {
                path.Add((byte)'/');
                path.AddRange(parts[i]);
            }

            if (IsDirectory)
                path.Add((byte)'/');
            return [.. path];
        }
    }

    private sealed record PathPart(PathPart? Parent, byte[] Name);
}
