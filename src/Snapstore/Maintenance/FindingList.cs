namespace Snapstore.Maintenance;

/// <summary>Findings as they come, one an object and kind. Thread safe; bounded.</summary>
internal sealed class FindingList(CheckProgress progress)
{
    private const int MessagesMax = 5;

    private readonly Lock _lock = new();
    private readonly Dictionary<(FindingKind, string), Entry> _entries = [];
    private long _dropped;

    /// <summary>Adds what was found; more about the same object joins what is there.</summary>
    public void Add(FindingKind kind, string @object, string message)
    {
        lock (_lock)
            EntryOf(kind, @object)?.AddMessage(message);
    }

    /// <summary>Adds the failure to read or open an object, by its kind: an error of the storage is not damage.</summary>
    public void AddFailure(string @object, SnapstoreException failure, string? consequence = null) => Add(
        failure is StorageException ? FindingKind.StorageError : FindingKind.Damage,
        @object,
        consequence is null ? failure.Message : $"{failure.Message}; {consequence}");

    /// <summary>States that a path of a snapshot needs an object; a finding that is there already keeps its kind.</summary>
    public void AddAffected(string @object, string message, SessionId snapshot, byte[] path)
    {
        lock (_lock)
        {
            Entry? entry = _entries.GetValueOrDefault((FindingKind.Damage, @object))
                ?? _entries.GetValueOrDefault((FindingKind.StorageError, @object))
                ?? EntryOf(FindingKind.Damage, @object);
            if (entry?.Messages.Count == 0)
                entry.AddMessage(message);
            entry?.AddPath(snapshot, path);
        }
    }

    /// <summary>States that the paths of a snapshot were not all counted.</summary>
    public void SetAtLeast(SessionId snapshot)
    {
        lock (_lock)
        {
            foreach (Entry entry in _entries.Values)
                entry.SetAtLeast(snapshot);
        }
    }

    /// <summary>True where damage to this object was found.</summary>
    public bool HasDamage(string @object)
    {
        lock (_lock)
            return _entries.ContainsKey((FindingKind.Damage, @object));
    }

    /// <summary>All findings in their order, and how many were dropped.</summary>
    public (IReadOnlyList<Finding> Findings, long Dropped) Take()
    {
        lock (_lock)
        {
            IEnumerable<Finding> findings = _entries
                .OrderBy(e => e.Key.Item1).ThenBy(e => e.Key.Item2, StringComparer.Ordinal)
                .Select(e => e.Value.ToFinding(e.Key.Item1, e.Key.Item2));
            return ([.. findings], _dropped);
        }
    }

    private Entry? EntryOf(FindingKind kind, string @object)
    {
        if (_entries.TryGetValue((kind, @object), out Entry? entry))
            return entry;
        if (kind == FindingKind.Damage)
            progress.CountDamaged();
        if (_entries.Count >= Limits.FindingsMax)
        {
            _dropped++;
            return null;
        }

        return _entries[(kind, @object)] = new Entry();
    }

    private sealed class Entry
    {
        private readonly Dictionary<SessionId, PathList> _affected = [];
        private int _messagesDropped;

        public List<string> Messages { get; } = [];

        public void AddMessage(string message)
        {
            if (Messages.Contains(message))
                return;
            if (Messages.Count < MessagesMax)
                Messages.Add(message);
            else
                _messagesDropped++;
        }

        public void AddPath(SessionId snapshot, byte[] path)
        {
            if (!_affected.TryGetValue(snapshot, out PathList? list))
                _affected[snapshot] = list = new PathList();
            list.Add(path);
        }

        public void SetAtLeast(SessionId snapshot)
        {
            if (_affected.TryGetValue(snapshot, out PathList? list))
                list.IsAtLeast = true;
        }

        public Finding ToFinding(FindingKind kind, string @object)
        {
            string message = string.Join("; ", Messages) + (_messagesDropped > 0 ? $"; and {_messagesDropped} more" : "");
            return new Finding(kind, @object, message)
            {
                Affected = [.. _affected.OrderBy(a => a.Key).Select(a => a.Value.ToAffected(a.Key))],
            };
        }
    }
    private sealed class PathList
    {
        private readonly List<byte[]> _paths = [];
        private byte[] _last = [];
        private long _count;

        public bool IsAtLeast { get; set; }

        public void Add(byte[] path)
        {
            // A file of many chunks comes once a chunk, in a row.
            if (_last.AsSpan().SequenceEqual(path))
                return;
            _last = path;
            _count++;
            if (_paths.Count < Finding.PathsMax)
                _paths.Add(path);
        }

        public AffectedSnapshot ToAffected(SessionId snapshot) => new(snapshot, _paths, _count, IsAtLeast);
    }
}
