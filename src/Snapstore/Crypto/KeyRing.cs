using System.Security.Cryptography;
using Snapstore.Hashing;

namespace Snapstore.Crypto;

/// <summary>What a key is for; the numbers are those of spec/formats/sealing.md.</summary>
public enum KeyPurpose
{
    /// <summary>Blob ids.</summary>
    BlobId = 1,

    /// <summary>Where content is cut and tree nodes are split.</summary>
    Chunker = 2,

    /// <summary>Pack directories and index objects.</summary>
    Index = 3,

    /// <summary>Trees, manifests, labels.</summary>
    Content = 4,

    /// <summary>File data.</summary>
    Data = 5,

    /// <summary>Session and garbage-collection records.</summary>
    Garbage = 6,

    /// <summary>The sealed part of the config.</summary>
    Config = 7,

    /// <summary>Hedges the random generator.</summary>
    Salt = 8,
}

/// <summary>The keys of a repository, as a slot opened them; a role may lack some. Zeroed on Dispose.</summary>
public sealed class KeyRing : IDisposable
{
    /// <summary>Bytes of every key.</summary>
    public const int KeySize = 32;

    /// <summary>The only key epoch of format 1.</summary>
    public const uint Epoch = 1;

    private static readonly KeyPurpose[] Purposes = Enum.GetValues<KeyPurpose>();
    private static readonly KeyPurpose[] IdPurposes = [KeyPurpose.BlobId, KeyPurpose.Chunker];

    private readonly byte[] _keys = GC.AllocateArray<byte>((Purposes.Length + 1) * KeySize, pinned: true);
    private readonly bool[] _held = new bool[Purposes.Length + 1];
    private readonly byte[] _dataIdKey = GC.AllocateArray<byte>(KeySize, pinned: true);
    private readonly byte[] _metaIdKey = GC.AllocateArray<byte>(KeySize, pinned: true);

    private bool _isDisposed;

    private KeyRing()
    {
    }

    /// <summary>A new set of all keys from the system's random generator.</summary>
    public static KeyRing Generate()
    {
        KeyRing ring = new();
        Randomness.Fill(ring._keys);
        Array.Fill(ring._held, true);
        ring.DeriveIdKeys();
        return ring;
    }

    /// <summary>A new set of keys of which those for blob ids and for cuts are another ring's: the same content has the same ids
    /// under both, and nothing that one seals opens with the other (spec/protocols/copy.md).</summary>
    public static KeyRing GenerateSharingIds(KeyRing other)
    {
        KeyRing ring = Generate();
        foreach (KeyPurpose purpose in IdPurposes)
            other[purpose].CopyTo(ring._keys.AsSpan((int)purpose * KeySize));
        ring.DeriveIdKeys();
        return ring;
    }

    /// <summary>True where the same content has the same ids, and trees the same nodes, under both.</summary>
    public bool SharesIdsWith(KeyRing other) => IdPurposes.All(purpose => CryptographicOperations.FixedTimeEquals(this[purpose], other[purpose]));

    /// <summary>A ring of these keys, copied.</summary>
    public static KeyRing Of(IEnumerable<KeyValuePair<KeyPurpose, byte[]>> keys)
    {
        KeyRing ring = new();
        foreach ((KeyPurpose purpose, byte[] key) in keys)
        {
            key.AsSpan(0, KeySize).CopyTo(ring._keys.AsSpan((int)purpose * KeySize));
            ring._held[(int)purpose] = true;
        }

        ring.DeriveIdKeys();
        return ring;
    }

    /// <summary>The purposes that this ring holds keys for.</summary>
    public IEnumerable<KeyPurpose> Held => Purposes.Where(p => _held[(int)p]);

    /// <summary>The key for a purpose.</summary>
    /// <exception cref="WrongKeyException">The slot that was opened does not hold it.</exception>
    public ReadOnlySpan<byte> this[KeyPurpose purpose]
    {
        get
        {
            // Zeroed keys would seal, and anyone could open what they sealed.
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _held[(int)purpose]
                ? _keys.AsSpan((int)purpose * KeySize, KeySize)
                : throw new WrongKeyException($"this key may not do that: it lacks the {purpose} key");
        }
    }

    /// <summary>The id of a data blob with this plaintext.</summary>
    public BlobId DataId(ReadOnlySpan<byte> plaintext) => Id(_dataIdKey, plaintext);

    /// <summary>The id of a meta blob (tree or chunk-list node) with this plaintext.</summary>
    public BlobId MetaId(ReadOnlySpan<byte> plaintext) => Id(_metaIdKey, plaintext);

    /// <summary>A 32-byte key for one use, derived from a purpose key.</summary>
    public byte[] Derive(KeyPurpose purpose, ReadOnlySpan<byte> label)
    {
        byte[] key = new byte[KeySize];
        Blake3.HashKeyed(this[purpose], label, key);
        return key;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        CryptographicOperations.ZeroMemory(_keys);
        CryptographicOperations.ZeroMemory(_dataIdKey);
        CryptographicOperations.ZeroMemory(_metaIdKey);
    }

    private BlobId Id(byte[] key, ReadOnlySpan<byte> plaintext)
    {
        // Without the key for blob ids the derived ones are zeros: refuse as for any key that is not held.
        _ = this[KeyPurpose.BlobId];
        Span<byte> hash = stackalloc byte[BlobId.Size];
        Blake3.HashKeyed(key, plaintext, hash);
        return new BlobId(hash);
    }

    private void DeriveIdKeys()
    {
        if (!_held[(int)KeyPurpose.BlobId])
            return;
        Blake3.HashKeyed(this[KeyPurpose.BlobId], "snapstore v1 data id"u8, _dataIdKey);
        Blake3.HashKeyed(this[KeyPurpose.BlobId], "snapstore v1 meta id"u8, _metaIdKey);
    }
}
