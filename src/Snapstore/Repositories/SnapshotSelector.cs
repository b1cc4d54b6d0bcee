using System.Globalization;
using System.Text;
using Snapstore.Text;

namespace Snapstore.Repositories;

/// <summary>What of a snapshot a command is about.</summary>
/// <param name="Snapshot">The snapshot.</param>
/// <param name="Path">Absolute path inside it as raw bytes, without a final '/'; empty for the root.</param>
public sealed record SnapshotPath(Snapshot Snapshot, byte[] Path);

/// <summary>Finds the snapshot that a user names: SNAPSHOT or SNAPSHOT:PATH (spec/cli.md).</summary>
public sealed class SnapshotSelector
{
    private const int PrefixMin = 4, PrefixMax = SessionId.Size * 2, NamedMax = 5;
    private const string Latest = "latest";

    private readonly SnapshotList _list;
    private readonly IReadOnlyList<Snapshot> _taken;
    private readonly TimeProvider _time;

    /// <summary>Selects from a list; the filter holds for `latest` and for times, an id names its snapshot whatever it is.</summary>
    public SnapshotSelector(SnapshotList list, SnapshotFilter filter, TimeProvider time)
    {
        _list = list;
        _taken = [.. list.Snapshots.Where(filter.Takes)];
        _time = time;
    }

    /// <summary>Why some snapshots could not be read; those are never selected.</summary>
    public IReadOnlyList<string> Problems => _list.Problems;

    /// <summary>All that the filter lets through, oldest first.</summary>
    public IReadOnlyList<Snapshot> Taken => _taken;

    /// <summary>Selects from what a repository holds now.</summary>
    public static SnapshotSelector Load(Repository repository, SnapshotFilter filter, TimeProvider time) =>
        new(SnapshotList.Load(repository), filter, time);

    /// <summary>The snapshot named: an id's first digits, `latest`, `latest~2`, or a time.</summary>
    /// <exception cref="UsageException">There is none, or more than one.</exception>
    public Snapshot Select(string text)
    {
        if (text == Latest || text.StartsWith(Latest + "~", StringComparison.Ordinal))
            return SelectLatest(text);
        if (IsPrefix(text) && SelectById(text) is { } named)
            return named;
        return SnapshotTime.TryParseEnd(text, _time) is { } time
            ? _taken.LastOrDefault(snapshot => snapshot.Manifest.TimeNanoseconds <= time)
                ?? throw Missing($"no snapshot was taken at or before '{text}'")
            : throw Missing($"'{PrintablePath.Of(Encoding.UTF8.GetBytes(text))}' is no snapshot: give an id's first {PrefixMin} digits or more, latest, latest~2, or a time such as 2026-11-01T12:00 or 2d{HintAtPath(text)}");
    }

    private static string HintAtPath(string text) => text.Contains(':') ? "; a path in it begins with a slash: latest:/etc" : "";

    /// <summary>The snapshot and the path inside it.</summary>
    /// <param name="argument">SNAPSHOT or SNAPSHOT:/PATH, raw bytes.</param>
    /// <exception cref="UsageException">There is no such snapshot, or the path is not absolute.</exception>
    public SnapshotPath SelectPath(ReadOnlySpan<byte> argument)
    {
        // Times hold ':' themselves, but no '/' behind it.
        int colon = argument.IndexOf(":/"u8);
        string snapshot = Encoding.UTF8.GetString(colon < 0 ? argument : argument[..colon]);
        return new SnapshotPath(Select(snapshot), colon < 0 ? [] : Clean(argument[(colon + 1)..]));
    }

    private static bool IsPrefix(string text) =>
        text.Length is >= PrefixMin and <= PrefixMax && text.AsSpan().IndexOfAnyExcept("0123456789abcdef") < 0;

    private static byte[] Clean(ReadOnlySpan<byte> path)
    {
        List<byte> clean = [];
        foreach (Range range in path.Split((byte)'/'))
        {
            ReadOnlySpan<byte> part = path[range];
            if (part.IsEmpty || part.SequenceEqual("."u8))
                continue;
            if (part.SequenceEqual(".."u8))
                throw new UsageException($"the path {PrintablePath.Of(path)} holds '..', which has no meaning in a snapshot");
            clean.Add((byte)'/');
            clean.AddRange(part);
        }

        return [.. clean];
    }

    private Snapshot SelectLatest(string text)
    {
        int back = 0;
        bool isNumber = text.Length == Latest.Length
            || int.TryParse(text.AsSpan(Latest.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out back);
        if (!isNumber)
            throw new UsageException($"'{text}' is no snapshot: write latest or, for the second before it, latest~2");
        if (back < _taken.Count)
            return _taken[_taken.Count - 1 - back];
        string filtered = _taken.Count < _list.Snapshots.Count ? " that match --host, --tag and --path" : "";
        throw Missing(_taken.Count == 0 ? $"there are no snapshots{filtered}" : $"there are only {_taken.Count} snapshots{filtered}: no {text}");
    }

    private Snapshot? SelectById(string prefix)
    {
        Snapshot[] found = [.. _list.Snapshots.Where(snapshot => snapshot.Id.ToString().StartsWith(prefix, StringComparison.Ordinal))];
        if (found.Length <= 1)
            return found.FirstOrDefault();
        IEnumerable<string> shown = found.Take(NamedMax).Select(snapshot => snapshot.Id.ToString()[..Math.Max(12, prefix.Length + 4)]);
        string more = found.Length > NamedMax ? $" and {found.Length - NamedMax} more" : "";
        throw new UsageException($"'{prefix}' is the beginning of {found.Length} snapshots: {string.Join(", ", shown)}{more}; give more digits");
    }

    private UsageException Missing(string what)
    {
        string unread = Problems.Count > 0 ? $" (and {Problems.Count} could not be read: run snapstore check)" : "";
        return new UsageException($"{what}{unread}; see: snapstore list");
    }
}
