using System.Security.Cryptography;
using Snapstore.Crypto;
using Snapstore.Hashing;

namespace Snapstore.Formats;

/// <summary>Who a key slot is for; sealed, so only key holders can read it.</summary>
/// <param name="Name">A name its user gave it; may be empty.</param>
/// <param name="Host">Where it was made.</param>
/// <param name="User">By whom.</param>
/// <param name="CreatedSeconds">When, Unix seconds.</param>
public sealed record KeyLabel(string Name, string Host, string User, long CreatedSeconds);

/// <summary>One object `keys/ID`: opens the keys for one password or key file (spec/formats/key-slot.md).</summary>
public sealed class KeySlot
{
    private const int CommitmentOffset = 68, BundleOffset = 100, BundleSize = 1024, TagSize = 16;
    private const int LabelOffset = BundleOffset + BundleSize + TagSize;
    private const byte Version = 1, KindPassword = 1, KindKeyFile = 2;
    private const int EpochField = 1, FirstKeyField = 16;
    private const int DerivedSize = 32 + 12 + 32;

    private readonly byte[] _stored;

    private KeySlot(SessionId id, byte[] stored)
    {
        Id = id;
        _stored = stored;
    }

    /// <summary>What every slot begins with.</summary>
    internal static ReadOnlySpan<byte> Magic => "SNAPSLOT"u8;

    /// <summary>The slot's id: its name's second half.</summary>
    public SessionId Id { get; }

    /// <summary>The object's bytes.</summary>
    public ReadOnlySpan<byte> Stored => _stored;

    /// <summary>True where a key file opens it, false where a password does.</summary>
    public bool IsForKeyFile => _stored[9] == KindKeyFile;

    /// <summary>The cost it states; zero for a key file.</summary>
    public KdfCost Cost
    {
        get
        {
            ByteReader reader = new(_stored.AsSpan(60, 8), $"keys/{Id}");
            return new KdfCost((int)Math.Min(reader.U32(), int.MaxValue), (int)Math.Min(reader.U32(), int.MaxValue));
        }
    }

    private string What => $"keys/{Id}";

    /// <summary>A new slot for these keys.</summary>
    public static KeySlot Create(KeyRing keys, SessionId repository, SlotSecret secret, KdfCost cost, KeyLabel label) =>
        Create(SessionId.NewRandom(), keys, repository, secret, cost, label, labelSalt: []);

    /// <summary>A slot of this id, its label sealed with this salt where there is one: for worked examples only.</summary>
    internal static KeySlot Create(
        SessionId id, KeyRing keys, SessionId repository, SlotSecret secret, KdfCost cost, KeyLabel label, ReadOnlySpan<byte> labelSalt)
    {
        ByteWriter output = new(2048);
        output.Raw(Magic);
        output.U8(Version);
        output.U8(secret.IsKeyFile ? KindKeyFile : KindPassword);
        output.U16(0);
        id.CopyTo(output.Reserve(SessionId.Size));
        repository.CopyTo(output.Reserve(SessionId.Size));
        Span<byte> salt = output.Reserve(SlotSecret.SaltSize);
        salt.Clear();
        if (!secret.IsKeyFile)
            Randomness.Fill(salt);
        output.U32(secret.IsKeyFile ? 0 : (uint)cost.MemoryKib);
        output.U32(secret.IsKeyFile ? 0 : (uint)cost.Passes);
        SealBundle(keys, secret, cost, output);
        output.Raw(Envelope.Seal(keys, LabelContext(repository, id), EncodeLabel(label), length: 0, labelSalt));
        return new KeySlot(id, output.ToArray());
    }

    /// <summary>Reads a slot's frame; nothing is opened yet.</summary>
    /// <exception cref="CorruptDataException">It is not a slot of this repository and name.</exception>
    public static KeySlot Decode(SessionId id, SessionId repository, byte[] stored)
    {
        ByteReader reader = new(stored, $"keys/{id}");
        bool isSlot = stored.Length > LabelOffset && reader.Raw(Magic.Length).SequenceEqual(Magic);
        if (!isSlot)
            throw reader.Bad("is truncated or is not a key slot");
        byte version = reader.U8();
        byte kind = reader.U8();
        if (version != Version || kind is not (KindPassword or KindKeyFile))
            throw new UnsupportedException($"keys/{id} needs a newer Snapstore: version {version}, kind {kind} (or it is damaged)");
        ushort zero = reader.U16();
        SessionId ownId = new(reader.Raw(SessionId.Size));
        SessionId ownRepository = new(reader.Raw(SessionId.Size));
        if (zero != 0 || ownId != id || ownRepository != repository)
            throw reader.Bad("is a key slot of another name or repository");
        return new KeySlot(id, stored);
    }

    /// <summary>The keys, if the secret is this slot's; null where it is not (or the slot is damaged).</summary>
    /// <exception cref="CorruptDataException">The slot states a cost out of bounds.</exception>
    public KeyRing? TryOpen(SlotSecret secret)
    {
        if (secret.IsKeyFile != IsForKeyFile)
            return null;
        Span<byte> derived = stackalloc byte[DerivedSize];
        Derive(secret, Cost, _stored, derived);
        if (!CryptographicOperations.FixedTimeEquals(derived[44..], _stored.AsSpan(CommitmentOffset, 32)))
            return null;
        byte[] bundle = new byte[BundleSize];
        try
        {
            using AesGcm cipher = new(derived[..32], TagSize);
            cipher.Decrypt(derived.Slice(32, 12), _stored.AsSpan(BundleOffset, BundleSize), _stored.AsSpan(BundleOffset + BundleSize, TagSize), bundle);
            return DecodeBundle(Padding.Unpad(bundle, What), What);
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bundle);
            CryptographicOperations.ZeroMemory(derived);
        }
    }

    /// <summary>Who the slot is for.</summary>
    public KeyLabel Label(KeyRing keys, SessionId repository)
    {
        byte[] record = Envelope.Open(keys, LabelContext(repository, Id), _stored.AsSpan(LabelOffset), What);
        FieldReader fields = new(record, What, n => n is >= 1 and <= 4);
        return new KeyLabel(fields.Text(1), fields.Text(2), fields.Text(3), fields.Varint63(4));
    }

    private static SealContext LabelContext(SessionId repository, SessionId id) => new(SealKind.KeyLabel, repository, id);

    private static byte[] EncodeLabel(KeyLabel label)
    {
        FieldWriter fields = new();
        fields.Text(1, critical: false, label.Name);
        fields.Text(2, critical: false, label.Host);
        fields.Text(3, critical: false, label.User);
        fields.Varint(4, critical: false, (ulong)label.CreatedSeconds);
        return fields.Written.ToArray();
    }

    private static void SealBundle(KeyRing keys, SlotSecret secret, KdfCost cost, ByteWriter output)
    {
        FieldWriter fields = new();
        fields.Varint(EpochField, critical: true, KeyRing.Epoch);
        foreach (KeyPurpose purpose in keys.Held)
            fields.Bytes(FirstKeyField + (int)purpose, critical: true, keys[purpose]);
        byte[] bundle = Padding.Pad(fields.Written, BundleSize);
        Span<byte> derived = stackalloc byte[DerivedSize];
        Derive(secret, cost, output.Written, derived);
        output.Raw(derived[44..]);
        byte[] sealedBundle = new byte[BundleSize + TagSize];
        using AesGcm cipher = new(derived[..32], TagSize);
        cipher.Encrypt(derived.Slice(32, 12), bundle, sealedBundle.AsSpan(0, BundleSize), sealedBundle.AsSpan(BundleSize));
        output.Raw(sealedBundle);
        CryptographicOperations.ZeroMemory(bundle);
        CryptographicOperations.ZeroMemory(derived);
    }

    private static void Derive(SlotSecret secret, KdfCost cost, ReadOnlySpan<byte> slot, Span<byte> derived)
    {
        Span<byte> stretched = stackalloc byte[SlotSecret.StretchedSize];
        secret.Stretch(slot.Slice(44, SlotSecret.SaltSize), cost, stretched);
        byte[] input = [.. "snapstore v1 slot"u8, .. slot[..CommitmentOffset]];
        Blake3.HashKeyed(stretched, input, derived);
        CryptographicOperations.ZeroMemory(stretched);
    }

    internal static KeyRing DecodeBundle(ReadOnlySpan<byte> record, string what)
    {
        KeyPurpose[] purposes = Enum.GetValues<KeyPurpose>();
        FieldReader fields = new(record, what, n => n == EpochField || (n > FirstKeyField && n <= FirstKeyField + purposes.Length));
        if (fields.Varint(EpochField) != KeyRing.Epoch)
            throw new UnsupportedException($"{what} holds keys of epoch {fields.Varint(EpochField)}; upgrade Snapstore");
        Dictionary<KeyPurpose, byte[]> keys = [];
        try
        {
            foreach (KeyPurpose purpose in purposes)
            {
                if (fields.Bytes(FirstKeyField + (int)purpose) is not null)
                    keys[purpose] = fields.Required(FirstKeyField + (int)purpose, KeyRing.KeySize);
            }

            return KeyRing.Of(keys);
        }
        finally
        {
            foreach (byte[] copy in keys.Values)
                CryptographicOperations.ZeroMemory(copy);
        }
    }
}
