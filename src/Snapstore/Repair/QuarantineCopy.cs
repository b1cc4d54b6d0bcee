using Snapstore.Storage;

namespace Snapstore.Repair;

/// <summary>Keeps the bytes of a damaged pack where no reader looks: a later program, or a person, may still save something.</summary>
internal static class QuarantineCopy
{
    private const int PieceSize = 64 << 10;

    /// <summary>Makes the copy durable, unless it is there. What the storage cannot read is zeros in it.</summary>
    public static void Make(IStorage storage, StoredObject pack, CancellationToken cancel)
    {
        using IPendingObject copy = storage.BeginObject();
        byte[] piece = new byte[PieceSize];
        for (long offset = 0; offset < pack.Size; offset += PieceSize)
        {
            cancel.ThrowIfCancellationRequested();
            Span<byte> bytes = piece.AsSpan(0, (int)Math.Min(PieceSize, pack.Size - offset));
            Read(storage, pack.Key, offset, bytes);
            copy.Append(bytes);
        }

        _ = copy.Publish(StorageKey.Quarantine(pack.Key));
    }

    private static void Read(IStorage storage, StorageKey key, long offset, Span<byte> bytes)
    {
        try
        {
            storage.Read(key, offset, bytes);
        }
        catch (SnapstoreException e) when (e is CorruptDataException or StorageException)
        {
            bytes.Clear();
        }
    }
}
