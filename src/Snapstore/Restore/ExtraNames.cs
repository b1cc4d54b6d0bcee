using Snapstore.Posix;

namespace Snapstore.Restore;

/// <summary>The names of a directory that the snapshot does not have, found in one pass over both, which are sorted.</summary>
internal sealed class ExtraNames(DirectoryNames present)
{
    private readonly List<int> _extra = [];
    private int _next;

    /// <summary>The snapshot has this name; it is asked in ascending order.</summary>
    public void Meet(ReadOnlySpan<byte> name)
    {
        while (_next < present.Count)
        {
            int order = present[_next].SequenceCompareTo(name);
            if (order > 0)
                return;
            if (order < 0)
                _extra.Add(_next);
            _next++;
        }
    }

    /// <summary>All that was never met, once the snapshot's names are through.</summary>
    public IEnumerable<byte[]> Rest()
    {
        foreach (int index in _extra)
            yield return present[index].ToArray();
        for (; _next < present.Count; _next++)
            yield return present[_next].ToArray();
    }
}
