using System.Buffers.Binary;
using Snapstore.Crypto;
using Snapstore.Hashing;

namespace Snapstore.Repositories;

/// <summary>Where trees and chunk lists end their nodes: decided by content and by a key (spec/formats/tree.md).</summary>
public sealed class NodeSplitter(KeyRing keys)
{
    private const uint Threshold = (uint)((1UL << 32) / 128);

    private readonly byte[] _key = keys.Derive(KeyPurpose.Chunker, "snapstore v1 tree split"u8);

    /// <summary>True where a tree leaf ends after this name.</summary>
    public bool EndsLeaf(int count, int size, ReadOnlySpan<byte> name) =>
        count >= Limits.NodeEntriesMax || size >= Limits.LeafSizeTarget || (count >= Limits.NodeEntriesMin && IsBoundary(name));

    /// <summary>True where a tree branch ends after this child.</summary>
    public bool EndsBranch(int count, in BlobId id) =>
        count >= Limits.NodeEntriesMax || (count >= Limits.NodeEntriesMin && IsBoundary(id.Span));

    /// <summary>True where a chunk-list node ends after this id: ids are keyed hashes already.</summary>
    public static bool EndsList(int count, in BlobId id) =>
        count >= Limits.NodeEntriesMax
        || (count >= Limits.NodeEntriesMin && BinaryPrimitives.ReadUInt32LittleEndian(id.Span) < Threshold);

    private bool IsBoundary(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[4];
        Blake3.HashKeyed(_key, bytes, hash);
        return BinaryPrimitives.ReadUInt32LittleEndian(hash) < Threshold;
    }
}
