using System.Text;

namespace Snapstore.Sources.Split;

/// <summary>The parts that a dump is taken apart into: which is open, their names and their order.</summary>
internal sealed class PgDumpParts(ISourceTree tree, byte[] top)
{
    private const string Before = "pre-data.sql", Between = "data.sql", After = "post-data.sql";

    // What pg_dump puts behind all rows (its section post-data), and what it mixes with them.
    private static readonly HashSet<string> AfterTypes = new(StringComparer.Ordinal)
    {
        "CONSTRAINT", "FK CONSTRAINT", "CHECK CONSTRAINT", "INDEX", "INDEX ATTACH", "STATISTICS", "TRIGGER", "RULE", "EVENT TRIGGER",
        "PUBLICATION", "PUBLICATION TABLE", "PUBLICATION TABLES IN SCHEMA", "SUBSCRIPTION", "SUBSCRIPTION TABLE", "POLICY", "ROW SECURITY",
        "MATERIALIZED VIEW DATA", "REFRESH MATERIALIZED VIEW",
    };

    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly StringBuilder _order = new();
    private Stream? _open;
    private string _folder = "", _section = "";
    private bool _hasTables;

    /// <summary>Adds bytes to the open part.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (_open is null)
            Open(_hasTables ? Between : Before);
        _open!.Write(bytes);
    }

    /// <summary>What follows is of another database (pg_dumpall).</summary>
    public void Connect(ReadOnlySpan<byte> line)
    {
        string name = Encoding.UTF8.GetString(line["\\connect ".Length..]).Trim();
        // \connect -reuse-previous=on "dbname='a b'"
        int named = name.IndexOf("dbname='", StringComparison.Ordinal);
        if (named >= 0)
            name = name[(named + 8)..].TrimEnd('"').TrimEnd('\'').Replace("\\'", "'", StringComparison.Ordinal).Replace("\"\"", "\"", StringComparison.Ordinal);
        _folder = $"databases/{PartName.Of(name)}/";
        _hasTables = false;
        Open(Before);
    }

    /// <summary>What follows begins with a statement of this type: it belongs to another part once rows have come.</summary>
    public void Place(string type)
    {
        if (_hasTables && _section != After)
        {
            string section = AfterTypes.Contains(type) ? After : Between;
            if (section != _section)
                Open(section);
        }
    }

    /// <summary>What follows are the rows of a table, with what stands before them.</summary>
    /// <param name="table">As the statement names it: `public.t`, `"a b"."T"`.</param>
    public void Table(byte[] table)
    {
        _hasTables = true;
        Open($"tables/{PartName.Of(Encoding.UTF8.GetString(table).Replace("\"", "", StringComparison.Ordinal))}.sql");
    }

    /// <summary>The rows are over.</summary>
    public void EndTable() => Close();

    /// <summary>Ends the last part and writes their order.</summary>
    public void Finish()
    {
        Close();
        tree.Put([.. top, .. "/"u8, .. Encoding.UTF8.GetBytes(PartOrder.FileName)], SourceContent.Of(PartOrder.Encode(_order.ToString())));
    }

    private void Open(string name)
    {
        Close();
        _section = name;
        string path = Free(_folder + name);
        _names.Add(path);
        _order.Append(path).Append('\n');
        _open = tree.Begin([.. top, (byte)'/', .. Encoding.UTF8.GetBytes(path)], new WrittenContent());
    }

    private void Close()
    {
        _open?.Dispose();
        _open = null;
        _section = "";
    }

    private string Free(string path)
    {
        string free = path;
        for (int i = 2; _names.Contains(free); i++)
            free = path[..^4] + $"~{i}.sql";
        return free;
    }
}
