using System.Buffers.Binary;

namespace Snapstore.Formats;

/// <summary>Who wrote a record of garbage collection and when; tells people, decides nothing (spec/formats/garbage.md).</summary>
public sealed record RecordOrigin(string Host, string User, string Program, long TimeNanoseconds)
{
    internal void Write(FieldWriter fields)
    {
        fields.Text(1, critical: false, Host);
        fields.Text(2, critical: false, User);
        fields.Text(3, critical: false, Program);
        fields.Zigzag(4, critical: false, TimeNanoseconds);
    }

    internal static RecordOrigin Read(FieldReader fields) =>
        new(fields.Text(1), fields.Text(2), fields.Text(3), fields.Zigzag(4));
}

/// <summary>A record that says no more than its name does, and who wrote it: a fence, a retirement, a verdict carried out.</summary>
public static class OriginRecord
{
    /// <summary>The record.</summary>
    public static byte[] Encode(RecordOrigin origin)
    {
        FieldWriter fields = new();
        origin.Write(fields);
        return fields.Written.ToArray();
    }

    /// <summary>Reads a record; <paramref name="what"/> names it in errors.</summary>
    public static RecordOrigin Decode(ReadOnlySpan<byte> record, string what) =>
        RecordOrigin.Read(new FieldReader(record, what, n => n <= 4));
}

/// <summary>A pack by what its name is made of.</summary>
public readonly record struct PackName(SessionId Session, ObjectHash Hash) : IComparable<PackName>
{
    /// <summary>Bytes of an encoded name.</summary>
    public const int Size = SessionId.Size + ObjectHash.Size;

    /// <inheritdoc/>
    public int CompareTo(PackName other)
    {
        int order = Session.CompareTo(other.Session);
        return order != 0 ? order : Hash.Span.SequenceCompareTo(other.Hash.Span);
    }
}

/// <summary>Packs that a plan condemns, or that a verdict deletes: sorted, each once.</summary>
/// <param name="Origin">Who wrote it.</param>
/// <param name="Packs">The packs.</param>
/// <param name="AreDamaged">True of a repair's plan: what does not open in these packs is lost, and holds no deletion up.</param>
public sealed record PackListRecord(RecordOrigin Origin, IReadOnlyList<PackName> Packs, bool AreDamaged = false)
{
    /// <summary>Packs in one record: what fits into a sealed object, and some.</summary>
    public const int PacksMax = 1 << 20;

    private const int PacksField = 5, DamagedField = 6;

    /// <summary>The record.</summary>
    public byte[] Encode()
    {
        FieldWriter fields = new();
        Origin.Write(fields);
        fields.Nested(PacksField, critical: true, output =>
        {
            foreach (PackName pack in Packs)
            {
                pack.Session.CopyTo(output.Reserve(SessionId.Size));
                output.Raw(pack.Hash.Span);
            }
        });
        if (AreDamaged)
            fields.Varint(DamagedField, critical: true, 1);
        return fields.Written.ToArray();
    }

    /// <summary>Reads a record; <paramref name="what"/> names it in errors.</summary>
    public static PackListRecord Decode(ReadOnlySpan<byte> record, string what)
    {
        FieldReader fields = new(record, what, n => n <= DamagedField);
        byte[] names = fields.Bytes(PacksField) ?? throw new CorruptDataException($"{what} names no packs");
        if (names.Length % PackName.Size != 0 || names.Length / PackName.Size > PacksMax)
            throw new CorruptDataException($"{what} has a list of packs of {names.Length} bytes");
        PackName[] packs = new PackName[names.Length / PackName.Size];
        for (int i = 0; i < packs.Length; i++)
        {
            ReadOnlySpan<byte> name = names.AsSpan(i * PackName.Size, PackName.Size);
            packs[i] = new PackName(new SessionId(name), new ObjectHash(name[SessionId.Size..]));
            if (i > 0 && packs[i - 1].CompareTo(packs[i]) >= 0)
                throw new CorruptDataException($"{what} names packs twice or out of order");
        }

        return new PackListRecord(RecordOrigin.Read(fields), packs, fields.Varint31(DamagedField) != 0);
    }
}

/// <summary>A session that a generation of garbage waits for, and how many objects it had written when it was looked at.</summary>
public readonly record struct WatchedSession(SessionId Session, long Objects);

/// <summary>The sessions that were listed after a plan was published and had not ended: the verdict waits for them.</summary>
public sealed record WatchRecord(RecordOrigin Origin, IReadOnlyList<WatchedSession> Sessions)
{
    private const int SessionsField = 5, EntrySize = SessionId.Size + sizeof(long);

    /// <summary>The record.</summary>
    public byte[] Encode()
    {
        FieldWriter fields = new();
        Origin.Write(fields);
        fields.Nested(SessionsField, critical: true, output =>
        {
            foreach (WatchedSession watched in Sessions)
            {
                watched.Session.CopyTo(output.Reserve(SessionId.Size));
                BinaryPrimitives.WriteInt64LittleEndian(output.Reserve(sizeof(long)), watched.Objects);
            }
        });
        return fields.Written.ToArray();
    }

    /// <summary>Reads a record; <paramref name="what"/> names it in errors.</summary>
    public static WatchRecord Decode(ReadOnlySpan<byte> record, string what)
    {
        FieldReader fields = new(record, what, n => n <= SessionsField);
        byte[] entries = fields.Bytes(SessionsField) ?? throw new CorruptDataException($"{what} names no sessions");
        if (entries.Length % EntrySize != 0)
            throw new CorruptDataException($"{what} has a list of sessions of {entries.Length} bytes");
        WatchedSession[] sessions = new WatchedSession[entries.Length / EntrySize];
        for (int i = 0; i < sessions.Length; i++)
        {
            ReadOnlySpan<byte> entry = entries.AsSpan(i * EntrySize, EntrySize);
            sessions[i] = new WatchedSession(new SessionId(entry), BinaryPrimitives.ReadInt64LittleEndian(entry[SessionId.Size..]));
            if (sessions[i].Objects < 0 || (i > 0 && sessions[i - 1].Session.CompareTo(sessions[i].Session) >= 0))
                throw new CorruptDataException($"{what} names sessions twice or out of order");
        }

        return new WatchRecord(RecordOrigin.Read(fields), sessions);
    }
}
