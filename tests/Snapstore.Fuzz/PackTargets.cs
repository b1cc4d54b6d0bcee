using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;
using Snapstore.Tests.Formats;
using Snapstore.Tests.Spec;

namespace Snapstore.Fuzz;

/// <summary>Packs: frame, directory, the whole object; and index objects.</summary>
internal static class PackTargets
{
    private static readonly SpecPage Packs = SpecPage.Read("pack.md");
    private static readonly byte[] Pack = Packs.Bytes("pack");
    private static readonly byte[] Slot = SpecPage.Read("key-slot.md").Bytes("key-slot");
    private static readonly StorageKey Key = StorageKey.Pack(SpecValues.Session, SpecValues.Hash(0x22));
    private static readonly PackDirectory Directory = DecodeDirectory(Packs.Bytes("pack-directory"));

    /// <summary>The targets.</summary>
    public static IEnumerable<FuzzTarget> All =>
    [
        new("pack-header", "PackFrame.ReadHeader", static _ => [PackFrame.Header(PackKind.Data), PackFrame.Header(PackKind.Meta)], GiveHeader),
        new("pack-trailer", "PackFrame.ReadTrailer", StartOfTrailer, GiveTrailer),
        new("pack", "PackReader.ReadDirectory, the stored bytes", static _ => [Pack], GivePack),
        new("pack-directory", "PackDirectory.Decode", StartOfDirectory, GiveDirectory),
        new("index", "IndexObject.Decode", StartOfIndex, GiveIndex),
        .. SegmentTargets.All,
    ];

    private static string? GiveHeader(byte[] input) =>
        Promise.SameBytes(input.AsSpan(0, Math.Min(input.Length, PackFrame.HeaderSize)), PackFrame.Header(PackFrame.ReadHeader(input, "pack")));

    private static IEnumerable<byte[]> StartOfTrailer(SeededValues values) =>
        [PackFrame.Trailer(Envelope.Overhead), PackFrame.Trailer(Envelope.Overhead + values.Int(1 << 20))];

    private static string? GiveTrailer(byte[] input)
    {
        int length = PackFrame.ReadTrailer(input, 1 << 20, "pack");
        return length + PackFrame.HeaderSize + PackFrame.TrailerSize > 1 << 20
            ? $"says that a directory of {length} bytes is in a pack of 1 MiB"
            : Promise.SameBytes(input, PackFrame.Trailer(length));
    }

    private static string? GivePack(byte[] input)
    {
        MemoryStorage storage = new();
        storage.PutIfAbsent(Key, input);
        KeyRing keys = SpecValues.NewKeys();
        KeySlot slot = KeySlot.Decode(SpecValues.Slot, SpecValues.Repository, Slot);
        using Repository repository = new(storage, new RepositoryConfig(SpecValues.Repository, [], [], "cdc:65536", 0, ""), keys, slot);
        IndexedPack pack = PackReader.ReadDirectory(repository, Key, input.Length);
        return pack.Directory.IsSameAs(Directory) ? null : "gives a directory that nobody sealed";
    }

    private static IEnumerable<byte[]> StartOfDirectory(SeededValues values) =>
        [Packs.Bytes("pack-directory"), Packs.Bytes("pack-directory-deltas"), EncodeDirectory(values.Directory()), EncodeDirectory(values.DirectoryWithDeltas())];

    private static string? GiveDirectory(byte[] input) => Promise.SameBytes(input, EncodeDirectory(DecodeDirectory(input)));

    private static IEnumerable<byte[]> StartOfIndex(SeededValues values) =>
    [
        SpecPage.Read("index.md").Bytes("index-object"),
        IndexObject.Encode([.. Enumerable.Range(0, values.Int(4)).Select(_ => RandomPack(values))]),
    ];

    private static string? GiveIndex(byte[] input) => Promise.SameBytes(input, IndexObject.Encode(IndexObject.Decode(input, "index")));

    private static IndexedPack RandomPack(SeededValues values)
    {
        PackKind kind = values.Bool() ? PackKind.Data : PackKind.Meta;
        PackDirectory directory = kind == PackKind.Data && values.Bool() ? values.DirectoryWithDeltas() : values.Directory();
        return new IndexedPack(values.Session(), new ObjectHash(values.Fill(ObjectHash.Size)), directory.EndOffset + values.Int(1 << 20), kind, directory);
    }

    private static PackDirectory DecodeDirectory(byte[] record)
    {
        ByteReader reader = new(record, "directory");
        PackDirectory directory = PackDirectory.Decode(ref reader);
        reader.End();
        return directory;
    }

    private static byte[] EncodeDirectory(PackDirectory directory)
    {
        ByteWriter output = new();
        directory.Encode(output);
        return output.ToArray();
    }
}
