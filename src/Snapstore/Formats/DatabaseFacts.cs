namespace Snapstore.Formats;

/// <summary>What a manifest says of a database; everything else stands in the snapshot's own description file
/// (spec/formats/manifest.md).</summary>
public sealed record DatabaseFacts
{
    /// <summary>The engine's usual name: PostgreSQL, MariaDB, SQLite.</summary>
    public required string Engine { get; init; }

    /// <summary>The server's or library's version, as it says itself.</summary>
    public string Version { get; init; } = "";

    /// <summary>How all of it belongs to one moment, in words: "one exported snapshot".</summary>
    public string Consistency { get; init; } = "";

    /// <summary>Where in the engine's own history: (name, value), such as (lsn, 0/15D6A40).</summary>
    public IReadOnlyList<(string Name, string Value)> Position { get; init; } = [];

    /// <summary>Tables captured with their rows.</summary>
    public long Tables { get; init; }

    /// <summary>Rows of all of them.</summary>
    public long Rows { get; init; }

    internal byte[] Encode()
    {
        FieldWriter fields = new();
        fields.Text(1, critical: false, Engine);
        fields.Text(2, critical: false, Version);
        fields.Text(3, critical: false, Consistency);
        fields.TextList(4, critical: false, [.. Position.SelectMany(pair => new[] { pair.Name, pair.Value })]);
        fields.Varint(5, critical: false, (ulong)Tables);
        fields.Varint(6, critical: false, (ulong)Rows);
        return fields.Written.ToArray();
    }

    internal static DatabaseFacts Decode(ReadOnlySpan<byte> record, string what)
    {
        FieldReader fields = new(record, what, n => n <= 6);
        IReadOnlyList<string> position = fields.TextList(4);
        if (position.Count % 2 != 0)
            throw new CorruptDataException($"{what} names a position without its value");
        return new DatabaseFacts
        {
            Engine = fields.Text(1),
            Version = fields.Text(2),
            Consistency = fields.Text(3),
            Position = [.. position.Chunk(2).Select(pair => (pair[0], pair[1]))],
            Tables = fields.Varint63(5),
            Rows = fields.Varint63(6),
        };
    }
}
