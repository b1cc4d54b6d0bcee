using Snapstore.Hashing;
using Snapstore.Maintenance;
using Snapstore.Storage;

namespace Snapstore.Copying;

/// <summary>Carries packs from one storage to another; what does not hash to its name gets no name there. One per thread.</summary>
internal sealed class PackTransfer(IStorage source, IStorage target, CheckProgress progress, CancellationToken cancel)
{
    private const int PieceSize = 1 << 20;

    private readonly Blake3Hasher _hasher = new();
    private readonly byte[] _piece = GC.AllocateUninitializedArray<byte>(PieceSize, pinned: true);

    /// <summary>Carries one over, unless one of its name is there.</summary>
    /// <exception cref="CorruptDataException">It is damaged at the source, each of four times.</exception>
    /// <exception cref="ObjectMissingException">It is not at the source.</exception>
    public void Copy(StoredObject pack)
    {
        using IPendingObject pending = Stage(pack);
        _ = pending.Publish(pack.Key);
    }

    /// <summary>Reads and verifies one; all that is left to do is to publish it.</summary>
    /// <inheritdoc cref="Copy" path="/exception"/>
    public IPendingObject Stage(StoredObject pack) => Patient.Read(() => StageOnce(pack));

    private IPendingObject StageOnce(StoredObject pack)
    {
        IPendingObject pending = target.BeginObject();
        try
        {
            _hasher.Reset();
            for (long offset = 0; offset < pack.Size; offset += PieceSize)
            {
                cancel.ThrowIfCancellationRequested();
                Span<byte> piece = _piece.AsSpan(0, (int)Math.Min(PieceSize, pack.Size - offset));
                source.Read(pack.Key, offset, piece);
                _hasher.Update(piece);
                pending.Append(piece);
                progress.Add(0, piece.Length);
            }

            Span<byte> hash = stackalloc byte[ObjectHash.Size];
            _hasher.Finish(hash);
            return pack.Key.TryParsePack(out _, out ObjectHash named) && named == new ObjectHash(hash)
                ? pending
                : throw new CorruptDataException($"{pack.Key} of {source.Location} does not hash to its name");
        }
        catch
        {
            pending.Dispose();
            throw;
        }
    }
}
