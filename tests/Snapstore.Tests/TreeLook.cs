using System.Text;
using Snapstore.Hashing;
using Snapstore.Posix;

namespace Snapstore.Tests;

/// <summary>Everything a backup has to keep of a directory tree on disk, one line a path, so that two trees can be compared
/// and a difference reads well. Paths are raw bytes shown as Latin-1.</summary>
internal sealed class TreeLook
{
    private readonly SortedDictionary<string, string> _lines = new(StringComparer.Ordinal);
    private readonly Dictionary<(ulong, ulong), List<string>> _names = [];
    private readonly bool _withTimes;

    private TreeLook(bool withTimes) => _withTimes = withTimes;

    /// <summary>Paths and what is at them.</summary>
    public IReadOnlyDictionary<string, string> Lines => _lines;

    /// <summary>The tree below this directory; the directory itself is the line "".</summary>
    public static TreeLook Of(string path, bool withTimes = true)
    {
        TreeLook look = new(withTimes);
        using DirectoryHandle root = DirectoryHandle.Open(Encoding.UTF8.GetBytes(path));
        using FileHandle own = root.AsFile();
        look._lines[""] = look.Describe(root.Stat(), ExtendedAttributes.Read(own));
        look.Walk(root, "");
        foreach (List<string> names in look._names.Values.Where(names => names.Count > 1))
            names.ForEach(name => look._lines[name] += $" same as {names[0]}");
        return look;
    }

    /// <summary>Says what differs, if anything does.</summary>
    public static void AssertSame(TreeLook expected, TreeLook actual, params string[] except)
    {
        List<string> differences = [];
        foreach (string path in expected._lines.Keys.Union(actual._lines.Keys).Except(except).Order(StringComparer.Ordinal))
        {
            string before = expected._lines.GetValueOrDefault(path, "(absent)"), after = actual._lines.GetValueOrDefault(path, "(absent)");
            if (before != after)
                differences.Add($"{(path.Length > 200 ? path[..200] : path)}\n  expected {before}\n  actual   {after}");
        }

        Assert.True(differences.Count == 0, $"{differences.Count} differences:\n{string.Join("\n", differences.Take(10))}");
    }

    private void Walk(DirectoryHandle directory, string path)
    {
        using DirectoryNames names = directory.ReadNames();
        for (int i = 0; i < names.Count; i++)
        {
            byte[] name = names[i].ToArray();
            string inner = $"{path}/{Encoding.Latin1.GetString(name)}";
            FileStat stat = directory.Stat(name);
            if (stat.Kind == FileKind.Socket)
                continue;
            string line = Describe(stat, ExtendedAttributes.Read(directory, name));
            if (stat.LinkCount > 1 && stat.Kind != FileKind.Directory)
                Group(stat).Add(inner);
            if (stat.Kind == FileKind.Symlink)
                line += $" -> {Encoding.Latin1.GetString(directory.ReadLink(name))}";
            if (stat.Kind == FileKind.File)
                line += Content(directory, name, stat);
            _lines[inner] = line;
            if (stat.Kind != FileKind.Directory)
                continue;
            using DirectoryHandle below = directory.OpenDirectory(name);
            Walk(below, inner);
        }
    }

    private List<string> Group(in FileStat stat)
    {
        if (!_names.TryGetValue((stat.Device, stat.Inode), out List<string>? group))
            _names[(stat.Device, stat.Inode)] = group = [];
        return group;
    }

    private string Describe(in FileStat stat, (byte[] Name, byte[] Value)[] attributes)
    {
        StringBuilder line = new();
        line.Append(stat.Kind).Append(' ').Append(Convert.ToString(stat.Mode, 8)).Append(' ').Append(stat.Uid).Append(':').Append(stat.Gid);
        if (_withTimes)
            line.Append(' ').Append(stat.MtimeSeconds).Append('.').Append(stat.MtimeNanoseconds);
        if (stat.Kind is FileKind.CharacterDevice or FileKind.BlockDevice)
            line.Append(" device ").Append(stat.RdevMajor).Append(',').Append(stat.RdevMinor);
        foreach ((byte[] name, byte[] value) in attributes)
            line.Append(' ').Append(Encoding.Latin1.GetString(name)).Append('=').Append(value.Length).Append(':').Append(HashOf(value));
        return line.ToString();
    }

    private static string Content(DirectoryHandle directory, byte[] name, in FileStat stat)
    {
        using FileHandle file = directory.OpenForReading(name);
        StringBuilder line = new($" {stat.Size} bytes");
        StringBuilder runs = new();
        Blake3Hasher hasher = new();
        byte[] buffer = new byte[1 << 16];
        for (long offset = 0; offset < stat.Size && file.NextData(offset) is { } run;)
        {
            long end = Math.Min(run.End, stat.Size);
            runs.Append(' ').Append(run.Start).Append('-').Append(end);
            for (offset = run.Start; offset < end;)
            {
                int count = file.Read(offset, buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - offset)));
                Assert.True(count > 0, "a file changes under the test");
                hasher.Update(buffer.AsSpan(0, count));
                offset += count;
            }
        }

        Span<byte> hash = stackalloc byte[32];
        hasher.Finish(hash);
        line.Append(' ').Append(Convert.ToHexStringLower(hash[..8]));
        // Where a file has holes, they are as large and where they were.
        return line.Append(" data").Append(runs).ToString();
    }

    private static string HashOf(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[32];
        Blake3.Hash(bytes, hash);
        return Convert.ToHexStringLower(hash[..8]);
    }
}
