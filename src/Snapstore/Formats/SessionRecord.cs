namespace Snapstore.Formats;

/// <summary>Who is at work under a session id (spec/formats/manifest.md).</summary>
public sealed record SessionRecord(string Host, string User, string Program, int ProcessId, long StartNanoseconds)
{
    /// <summary>The record.</summary>
    public byte[] Encode()
    {
        FieldWriter fields = new();
        fields.Text(1, critical: false, Host);
        fields.Text(2, critical: false, User);
        fields.Text(3, critical: false, Program);
        fields.Varint(4, critical: false, (uint)ProcessId);
        fields.Zigzag(5, critical: false, StartNanoseconds);
        return fields.Written.ToArray();
    }

    /// <summary>Reads a record.</summary>
    public static SessionRecord Decode(ReadOnlySpan<byte> record)
    {
        FieldReader fields = new(record, "session record", n => n <= 5);
        return new SessionRecord(
            fields.Text(1), fields.Text(2), fields.Text(3), fields.Varint31(4), fields.Zigzag(5));
    }
}

/// <summary>A later word about a snapshot: its tags (spec/formats/manifest.md).</summary>
public sealed record SnapshotLabel(IReadOnlyList<string> Tags, long TimeNanoseconds)
{
    /// <summary>The record.</summary>
    public byte[] Encode()
    {
        FieldWriter fields = new();
        fields.TextList(1, critical: false, [.. Tags]);
        fields.Zigzag(2, critical: false, TimeNanoseconds);
        return fields.Written.ToArray();
    }

    /// <summary>Reads a record.</summary>
    public static SnapshotLabel Decode(ReadOnlySpan<byte> record)
    {
        FieldReader fields = new(record, "label", n => n <= 2);
        return new SnapshotLabel(fields.TextList(1), fields.Zigzag(2));
    }
}
