using System.Buffers.Binary;

namespace Snapstore.Crypto;

/// <summary>Kinds of sealed messages; the numbers are those of spec/formats/sealing.md.</summary>
public enum SealKind : byte
{
    /// <summary>The sealed part of the config.</summary>
    Config = 1,

    /// <summary>The directory at a pack's end.</summary>
    PackDirectory = 2,

    /// <summary>An index object.</summary>
    Index = 3,

    /// <summary>A snapshot's manifest.</summary>
    Manifest = 4,

    /// <summary>The record that a session is at work.</summary>
    Session = 5,

    /// <summary>A later word about a snapshot.</summary>
    Label = 6,

    /// <summary>Name and origin of a key slot.</summary>
    KeyLabel = 7,

    /// <summary>The record that a session was ended by another and never commits.</summary>
    Fence = 8,

    /// <summary>The record that a snapshot was forgotten.</summary>
    Retired = 9,

    /// <summary>The packs that a generation of garbage condemns.</summary>
    GarbagePlan = 10,

    /// <summary>The packs of a plan that are deleted.</summary>
    GarbageVerdict = 11,

    /// <summary>The record that a verdict was carried out.</summary>
    GarbageDone = 12,

    /// <summary>The sessions that a generation of garbage waits for.</summary>
    GarbageWatch = 13,

    /// <summary>A segment of a data pack.</summary>
    DataSegment = 16,

    /// <summary>A segment of a meta pack.</summary>
    MetaSegment = 17,
}

/// <summary>What a sealed message is bound to (spec/formats/sealing.md, "Context").</summary>
/// <param name="Kind">What kind of message it is.</param>
/// <param name="Repository">The repository's id.</param>
/// <param name="Owner">The session or slot whose object it is; default for segments.</param>
/// <param name="Number">The object's number; 0 where it has none.</param>
/// <param name="Before">Hash of what stands before the envelope and must be authentic; default where nothing does.</param>
public readonly record struct SealContext(
    SealKind Kind, SessionId Repository, SessionId Owner = default, int Number = 0, ObjectHash Before = default)
{
    /// <summary>The one method of format 1: symmetric, AES-256-GCM, BLAKE3 derivation.</summary>
    public const byte Method = 1;

    /// <summary>Bytes of an encoded context.</summary>
    public const int Size = 2 + 4 + SessionId.Size + SessionId.Size + 4 + ObjectHash.Size;

    /// <summary>The key that messages of this kind are sealed under.</summary>
    public KeyPurpose Purpose => Kind switch
    {
        SealKind.Config => KeyPurpose.Config,
        SealKind.PackDirectory or SealKind.Index => KeyPurpose.Index,
        SealKind.Manifest or SealKind.Label or SealKind.KeyLabel or SealKind.MetaSegment => KeyPurpose.Content,
        SealKind.Session or SealKind.Fence or SealKind.Retired or SealKind.GarbagePlan or SealKind.GarbageVerdict
            or SealKind.GarbageDone or SealKind.GarbageWatch => KeyPurpose.Garbage,
        SealKind.DataSegment => KeyPurpose.Data,
        _ => throw new InvalidOperationException($"no key for kind {Kind}"),
    };

    /// <summary>Writes <see cref="Size"/> bytes.</summary>
    public void Encode(Span<byte> output)
    {
        output[0] = Method;
        output[1] = (byte)Kind;
        BinaryPrimitives.WriteUInt32LittleEndian(output[2..], KeyRing.Epoch);
        Repository.CopyTo(output[6..]);
        Owner.CopyTo(output[22..]);
        BinaryPrimitives.WriteInt32LittleEndian(output[38..], Number);
        Before.Span.CopyTo(output[42..]);
    }
}
