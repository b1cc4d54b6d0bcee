namespace Snapstore.Formats;

/// <summary>Who is at work under a session id (spec/formats/manifest.md).</summary>
/// <param name="Host">The host's name.</param>
/// <param name="User">The user.</param>
/// <param name="Program">Program and version.</param>
/// <param name="ProcessId">Its process id.</param>
/// <param name="StartNanoseconds">When the run began, Unix nanoseconds.</param>
/// <param name="Process">Which process of which machine this is, as <c>Posix.ProcessIdentity</c> tells it; "" where that is not known.</param>
public sealed record SessionRecord(
    string Host, string User, string Program, int ProcessId, long StartNanoseconds, string Process = "")
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
        if (Process.Length > 0)
            fields.Text(6, critical: false, Process);
        return fields.Written.ToArray();
    }

    /// <summary>Reads a record.</summary>
    public static SessionRecord Decode(ReadOnlySpan<byte> record)
    {
        FieldReader fields = new(record, "session record", n => n <= 6);
        return new SessionRecord(
            fields.Text(1), fields.Text(2), fields.Text(3), fields.Varint31(4), fields.Zigzag(5), fields.Text(6));
    }
}

/// <summary>A later word about a snapshot (spec/formats/manifest.md).</summary>
/// <param name="Tags">Its tags: they replace those of the manifest.</param>
/// <param name="TimeNanoseconds">When it was said.</param>
/// <param name="IsHeld">True where no policy may forget the snapshot.</param>
public sealed record SnapshotLabel(IReadOnlyList<string> Tags, long TimeNanoseconds, bool IsHeld = false)
{
    /// <summary>The record.</summary>
    public byte[] Encode()
    {
        FieldWriter fields = new();
        fields.TextList(1, critical: false, [.. Tags]);
        fields.Zigzag(2, critical: false, TimeNanoseconds);
        if (IsHeld)
            fields.Varint(3, critical: true, 1);
        return fields.Written.ToArray();
    }

    /// <summary>Reads a record.</summary>
    public static SnapshotLabel Decode(ReadOnlySpan<byte> record)
    {
        FieldReader fields = new(record, "label", n => n <= 3);
        return new SnapshotLabel(fields.TextList(1), fields.Zigzag(2), fields.Varint31(3) != 0);
    }
}
