using System.Collections;

namespace Snapstore;

/// <summary>Messages about single paths, the first <see cref="Limits.MessagesMax"/> of which are kept: a tree of a million
/// unreadable files must not fill the memory. Thread safe.</summary>
public sealed class MessageList : IReadOnlyList<string>
{
    private readonly Lock _lock = new();
    private readonly List<string> _kept = [];
    private long _total;

    /// <summary>Messages that are kept.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _kept.Count;
        }
    }

    /// <summary>Messages there were.</summary>
    public long Total => Volatile.Read(ref _total);

    /// <inheritdoc/>
    public string this[int index]
    {
        get
        {
            lock (_lock)
                return _kept[index];
        }
    }

    /// <summary>The kept ones so far, in order.</summary>
    public IEnumerator<string> GetEnumerator()
    {
        lock (_lock)
            return ((IEnumerable<string>)[.. _kept]).GetEnumerator();
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal void Add(string message)
    {
        lock (_lock)
        {
            _total++;
            if (_kept.Count < Limits.MessagesMax)
                _kept.Add(message);
        }
    }
}
