using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Snapstore.Hashing;

namespace Snapstore.Crypto;

/// <summary>How dear a password slot is to try: Argon2id memory and passes (RFC 9106; spec/formats/key-slot.md).</summary>
/// <param name="MemoryKib">Memory, KiB.</param>
/// <param name="Passes">Passes over it.</param>
public readonly record struct KdfCost(int MemoryKib, int Passes)
{
    /// <summary>64 MiB, 3 passes: a quarter of a second, for scripts open repositories all day.</summary>
    public static KdfCost Default => new(64 << 10, 3);

    /// <summary>256 MiB, 3 passes: about a second.</summary>
    public static KdfCost Strong => new(256 << 10, 3);

    /// <summary>1 GiB, 4 passes: about five seconds.</summary>
    public static KdfCost Paranoid => new(1 << 20, 4);

    /// <summary>True within the bounds that a slot may state.</summary>
    public bool IsAcceptable =>
        MemoryKib is >= Limits.SlotMemoryKibMin and <= Limits.SlotMemoryKibMax
        && Passes is >= Limits.SlotPassesMin and <= Limits.SlotPassesMax;
}

/// <summary>What a user holds: a password or a key file. Turns into the 32 bytes that open a slot. Zeroed on Dispose.</summary>
public sealed class SlotSecret : IDisposable
{
    /// <summary>Bytes of the Argon2id salt.</summary>
    public const int SaltSize = 16;

    /// <summary>Bytes of a stretched secret.</summary>
    public const int StretchedSize = 32;

    private const string KeyFilePrefix = "snapstore-key-1:";

    private readonly byte[] _bytes;

    private SlotSecret(byte[] bytes, bool isKeyFile)
    {
        _bytes = bytes;
        IsKeyFile = isKeyFile;
    }

    /// <summary>True for a key file, false for a password.</summary>
    public bool IsKeyFile { get; }

    /// <summary>A secret of a password's UTF-8 bytes, copied.</summary>
    /// <exception cref="UsageException">The password is empty.</exception>
    public static SlotSecret OfPassword(ReadOnlySpan<byte> password) => password.Length > 0
        ? new SlotSecret(Pinned(password), isKeyFile: false)
        : throw new UsageException("the password is empty; an empty password protects nothing");

    /// <summary>A secret of a key file's text.</summary>
    /// <exception cref="UsageException">The text is not a key file's.</exception>
    public static SlotSecret OfKeyFile(string text)
    {
        string line = text.Trim();
        byte[] bytes = GC.AllocateArray<byte>(StretchedSize, pinned: true);
        if (!line.StartsWith(KeyFilePrefix, StringComparison.Ordinal) || !LowerHex.TryParse(line.AsSpan(KeyFilePrefix.Length), bytes))
            throw new UsageException($"that is not a key file: it must hold one line '{KeyFilePrefix}' and 64 hexadecimal digits (make one with: snapstore key add --new-key-file FILE)");
        return new SlotSecret(bytes, isKeyFile: true);
    }

    /// <summary>The text of a new random key file.</summary>
    public static string NewKeyFile()
    {
        Span<byte> key = stackalloc byte[StretchedSize];
        Randomness.Fill(key);
        return KeyFilePrefix + Convert.ToHexStringLower(key) + "\n";
    }

    /// <summary>Fills <paramref name="stretched"/> (32 bytes); a key file ignores salt and cost.</summary>
    /// <exception cref="CorruptDataException">The cost is out of bounds: nothing was allocated for it.</exception>
    public void Stretch(ReadOnlySpan<byte> salt, KdfCost cost, Span<byte> stretched)
    {
        if (IsKeyFile)
            Blake3.DeriveKey("snapstore v1 key file", _bytes, stretched);
        else if (cost.IsAcceptable)
            Argon2id.Derive(_bytes, salt, cost.Passes, (long)cost.MemoryKib << 10, stretched);
        else
            throw new CorruptDataException($"a key slot asks for {cost.MemoryKib} KiB and {cost.Passes} passes, which is out of bounds; it was not tried");
    }

    /// <inheritdoc/>
    public void Dispose() => CryptographicOperations.ZeroMemory(_bytes);

    private static byte[] Pinned(ReadOnlySpan<byte> bytes)
    {
        byte[] copy = GC.AllocateArray<byte>(bytes.Length, pinned: true);
        bytes.CopyTo(copy);
        return copy;
    }
}

/// <summary>Argon2id (RFC 9106), as libsodium computes it: one lane, version 0x13.</summary>
internal static partial class Argon2id
{
    private const string Library = "libsodium.so.23";
    private const int AlgorithmArgon2id13 = 2;

    public static void Derive(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, int passes, long memoryBytes, Span<byte> output)
    {
        if (salt.Length != SlotSecret.SaltSize)
            throw new ArgumentException("an Argon2id salt is 16 bytes", nameof(salt));
        int result;
        try
        {
            // Chooses the fastest code for this processor; may be called often. Without it Argon2id takes half as long again.
            _ = sodium_init();
            result = crypto_pwhash(
                output, (ulong)output.Length, password, (ulong)password.Length, salt, (ulong)passes, (nuint)memoryBytes, AlgorithmArgon2id13);
        }
        catch (DllNotFoundException e)
        {
            throw NativeLibraries.Missing(Library, "libsodium23", "libsodium", e);
        }

        if (result != 0)
            throw new StorageException($"the password could not be stretched: {memoryBytes >> 20} MiB of memory are needed for it");
    }

    [LibraryImport(Library)]
    private static partial int sodium_init();

    [LibraryImport(Library)]
    private static partial int crypto_pwhash(
        Span<byte> output, ulong outputLength, ReadOnlySpan<byte> password, ulong passwordLength,
        ReadOnlySpan<byte> salt, ulong passes, nuint memory, int algorithm);
}
