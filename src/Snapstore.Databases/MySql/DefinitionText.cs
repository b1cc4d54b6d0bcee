using System.Text;

namespace Snapstore.Databases.MySql;

/// <summary>The file of a definition: lines of `SET ...` that make the session what it was, where there are such, an
/// empty line; then one statement to the end of the file (spec/databases/mysql.md).</summary>
/// <param name="Settings">Statements that come first, without their line ends.</param>
/// <param name="Statement">The statement, in the character set that the settings name.</param>
internal sealed record DefinitionText(IReadOnlyList<string> Settings, byte[] Statement)
{
    /// <summary>The file's bytes.</summary>
    public byte[] Encode()
    {
        string settings = Settings.Count == 0 ? "" : $"{string.Concat(Settings.Select(line => $"{line};\n"))}\n";
        return [.. Encoding.UTF8.GetBytes(settings), .. Statement, (byte)'\n'];
    }

    /// <summary>Reads the file.</summary>
    /// <exception cref="CorruptDataException">It is none.</exception>
    public static DefinitionText Decode(ReadOnlySpan<byte> file, string path)
    {
        if (file.IsEmpty || file[^1] != (byte)'\n')
            throw new CorruptDataException($"{path} is no definition of a database object");
        List<string> settings = [];
        while (file.StartsWith("SET "u8))
        {
            int end = file.IndexOf((byte)'\n');
            settings.Add(Encoding.UTF8.GetString(file[..end].TrimEnd((byte)';')));
            file = file[(end + 1)..];
        }

        if (settings.Count > 0 && file is [(byte)'\n', ..])
            file = file[1..];
        return new DefinitionText(settings, file.IsEmpty ? [] : file[..^1].ToArray());
    }
}
