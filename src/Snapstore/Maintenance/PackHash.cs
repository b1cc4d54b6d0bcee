using Snapstore.Hashing;
using Snapstore.Storage;

namespace Snapstore.Maintenance;

/// <summary>Holds stored packs against the hash in their names: needs no key. One per thread.</summary>
internal sealed class PackHash(IStorage storage)
{
    private const int PieceSize = 1 << 20;

    private readonly Blake3Hasher _hasher = new();
    private readonly byte[] _piece = GC.AllocateUninitializedArray<byte>(PieceSize, pinned: true);

    /// <summary>What is wrong with the pack; null where its bytes are those its name says. Reads it up to four times.</summary>
    /// <exception cref="StorageException">The storage failed each time: nothing is said about the data.</exception>
    /// <exception cref="ObjectMissingException">The pack is gone.</exception>
    public string? FindDamage(StoredObject pack, Action<int> progress, CancellationToken cancel)
    {
        try
        {
            return Patient.Read<string?>(() => Matches(pack, progress, cancel) ? null : throw new CorruptDataException("its bytes do not hash to its name"));
        }
        catch (CorruptDataException e)
        {
            return e.Message;
        }
    }

    private bool Matches(StoredObject pack, Action<int> progress, CancellationToken cancel)
    {
        _hasher.Reset();
        for (long offset = 0; offset < pack.Size; offset += PieceSize)
        {
            cancel.ThrowIfCancellationRequested();
            Span<byte> piece = _piece.AsSpan(0, (int)Math.Min(PieceSize, pack.Size - offset));
            storage.Read(pack.Key, offset, piece);
            _hasher.Update(piece);
            progress(piece.Length);
        }

        Span<byte> hash = stackalloc byte[ObjectHash.Size];
        _hasher.Finish(hash);
        return pack.Key.TryParsePack(out _, out ObjectHash named) && named == new ObjectHash(hash);
    }
}
