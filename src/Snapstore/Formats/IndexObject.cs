namespace Snapstore.Formats;

/// <summary>A pack as an index object describes it: its name, size and directory.</summary>
/// <param name="Session">The session that wrote it.</param>
/// <param name="Hash">The hash in its name.</param>
/// <param name="Size">Bytes of the whole pack.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="Directory">Its segments and blobs.</param>
public sealed record IndexedPack(SessionId Session, ObjectHash Hash, long Size, PackKind Kind, PackDirectory Directory);

/// <summary>Encodes and decodes index objects (spec/formats/index.md).</summary>
public static class IndexObject
{
    private const int PackSizeMin = SessionId.Size + ObjectHash.Size + 3;

    /// <summary>The record of these packs.</summary>
    public static byte[] Encode(IReadOnlyCollection<IndexedPack> packs)
    {
        ByteWriter output = new(64 << 10);
        output.Varint((uint)packs.Count);
        foreach (IndexedPack pack in packs)
        {
            pack.Session.CopyTo(output.Reserve(SessionId.Size));
            output.Raw(pack.Hash.Span);
            output.Varint((ulong)pack.Size);
            output.U8((byte)pack.Kind);
            pack.Directory.Encode(output);
        }

        return output.ToArray();
    }

    /// <summary>The packs of a record; <paramref name="what"/> names it in errors.</summary>
    public static List<IndexedPack> Decode(ReadOnlySpan<byte> record, string what)
    {
        ByteReader reader = new(record, what);
        int count = reader.Count(PackSizeMin);
        List<IndexedPack> packs = new(count);
        for (int i = 0; i < count; i++)
        {
            SessionId session = new(reader.Raw(SessionId.Size));
            ObjectHash hash = new(reader.Raw(ObjectHash.Size));
            ulong size = reader.Varint();
            PackKind kind = (PackKind)reader.U8();
            PackDirectory directory = PackDirectory.Decode(ref reader);
            if (size > Limits.PackSizeMax || directory.EndOffset > (long)size || kind is not (PackKind.Data or PackKind.Meta))
                throw reader.Bad($"describes a pack of kind {(byte)kind} and {size} bytes whose segments end at {directory.EndOffset}");
            if (directory.HasDeltas && kind != PackKind.Data)
                throw reader.Bad("describes deltas in a pack of nodes");
            packs.Add(new IndexedPack(session, hash, (long)size, kind, directory));
        }

        reader.End();
        return packs;
    }
}
