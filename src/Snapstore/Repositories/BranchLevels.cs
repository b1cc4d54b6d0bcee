namespace Snapstore.Repositories;

/// <summary>The levels above the leaves of a tree that grows to the right: children gather until their content says
/// that a branch ends, and the branch becomes a child of the level above.</summary>
/// <param name="ends">True where a branch of this many children ends after this child.</param>
/// <param name="close">Stores a branch of this height over these children; returns it as a child.</param>
internal sealed class BranchLevels<TChild>(
    Func<int, TChild, bool> ends, Func<int, IReadOnlyList<TChild>, TChild> close)
{
    private readonly List<List<TChild>> _levels = [];

    /// <summary>True where no child was added since the start or the last <see cref="Finish"/>.</summary>
    public bool IsEmpty => _levels.Count == 0;

    /// <summary>Adds a leaf.</summary>
    public void Add(TChild leaf) => Add(0, leaf);

    /// <summary>Closes all levels, bottom up; what is alone at the top is the root. Begins anew.</summary>
    public TChild Finish()
    {
        int level = 0;
        while (level < _levels.Count - 1 || _levels[level].Count > 1)
        {
            if (_levels[level].Count > 0)
                Close(level);
            level++;
        }

        TChild root = _levels[level][0];
        _levels.Clear();
        return root;
    }

    private void Add(int level, TChild child)
    {
        if (level == _levels.Count)
            _levels.Add([]);
        _levels[level].Add(child);
        if (ends(_levels[level].Count, child))
            Close(level);
    }

    private void Close(int level)
    {
        List<TChild> children = _levels[level];
        TChild branch = close(level + 1, children);
        children.Clear();
        Add(level + 1, branch);
    }
}
