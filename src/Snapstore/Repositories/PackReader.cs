using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Storage;

namespace Snapstore.Repositories;

/// <summary>Reads what a pack says of itself: header, trailer and directory (spec/formats/pack.md).</summary>
public static class PackReader
{
    // The directory of a pack of small files takes about 1 MiB, of large ones 40 KiB: one read gets most of them.
    private const int TailGuess = 64 << 10;

    /// <summary>The pack as its own directory describes it.</summary>
    /// <exception cref="CorruptDataException">It is truncated or damaged.</exception>
    public static IndexedPack ReadDirectory(Repository repository, StorageKey key, long size)
    {
        if (!key.TryParsePack(out SessionId session, out ObjectHash hash))
            throw new CorruptDataException($"{key} is not a pack's name");
        if (size < PackFrame.SizeMin || size > Limits.PackSizeMax)
            throw new CorruptDataException($"{key} is {size} bytes long, which no pack is: it is truncated or overwritten");
        byte[] header = new byte[PackFrame.HeaderSize], tail = new byte[Math.Min(size, TailGuess)];
        Requests.All(repository.Storage, () => repository.Storage.Read(key, 0, header), () => repository.Storage.Read(key, size - tail.Length, tail));
        PackKind kind = PackFrame.ReadHeader(header, key.Name);
        int length = PackFrame.ReadTrailer(tail.AsSpan(tail.Length - PackFrame.TrailerSize), size, key.Name);
        int end = PackFrame.TrailerSize + length;
        if (end > tail.Length)
        {
            tail = new byte[end];
            repository.Storage.Read(key, size - end, tail);
        }

        PackDirectory directory = OpenDirectory(repository, session, tail.AsSpan(tail.Length - end, length), key.Name);
        if (directory.EndOffset > size - end)
            throw new CorruptDataException($"{key} has a directory whose segments do not fit in it");
        if (directory.HasDeltas && kind != PackKind.Data)
            throw new CorruptDataException($"{key} is a pack of nodes and has deltas in its directory");
        return new IndexedPack(session, hash, size, kind, directory);
    }

    /// <summary>The directory inside its envelope.</summary>
    public static PackDirectory OpenDirectory(Repository repository, SessionId session, ReadOnlySpan<byte> envelope, string what)
    {
        SealContext context = new(SealKind.PackDirectory, repository.Id, session);
        ByteReader reader = new(Envelope.Open(repository.Keys, context, envelope, $"the directory of {what}"), what);
        PackDirectory directory = PackDirectory.Decode(ref reader);
        reader.End();
        return directory;
    }
}
