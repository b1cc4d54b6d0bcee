using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Hashing;
using Snapstore.Storage;

namespace Snapstore.Repositories;

/// <summary>One pack being written: header, segments as they come, directory, trailer (spec/formats/pack.md).</summary>
/// <remarks>Not thread safe. Bytes go straight to the storage; only the directory stays in memory.</remarks>
internal sealed class PackWriter : IDisposable
{
    private const int BytesForCacheMax = 16 << 20;

    private readonly Repository _repository;
    private readonly SessionId _session;
    private readonly PackKind _kind;
    private readonly IPendingObject _pending;
    private readonly Blake3Hasher _hasher = new();
    private readonly PackDirectory _directory = new();
    private readonly List<(long Offset, byte[] Stored)> _forCache = [];
    private int _bytesForCache;

    public PackWriter(Repository repository, SessionId session, PackKind kind)
    {
        _repository = repository;
        _session = session;
        _kind = kind;
        _pending = repository.Storage.BeginObject();
    }

    /// <summary>True where the pack should be closed.</summary>
    public bool IsFull => _directory.EndOffset >= Limits.PackSizeTarget || _directory.Blobs.Length >= Limits.PackBlobsTarget;

    /// <summary>Adds a sealed segment of these blobs; where they are deltas, <paramref name="deltas"/> has one for each.</summary>
    public void Add(ReadOnlySpan<byte> stored, ReadOnlySpan<BlobRecord> blobs, ReadOnlySpan<DeltaRecord> deltas = default)
    {
        // Not in the constructor: what fails there would leave the pending object to nobody.
        if (_directory.Segments.IsEmpty)
            Append(PackFrame.Header(_kind));
        Append(stored);
        RememberForCache(stored);
        _directory.Add(stored.Length, blobs, deltas);
    }

    /// <summary>Writes the directory and makes the pack, of one segment or more, durable; what it holds, as an index
    /// object names it.</summary>
    public IndexedPack Publish()
    {
        byte[] record = EncodeDirectory();
        long sizeMin = _directory.EndOffset + Envelope.Overhead + Padding.FramedLength(record.Length) + PackFrame.TrailerSize;
        long size = PackFrame.PaddedSize(sizeMin);
        SealContext context = new(SealKind.PackDirectory, _repository.Id, _session);
        byte[] envelope = Envelope.Seal(_repository.Keys, context, record, size - _directory.EndOffset - PackFrame.TrailerSize);
        Append(envelope);
        Append(PackFrame.Trailer(envelope.Length));

        Span<byte> digest = stackalloc byte[ObjectHash.Size];
        _hasher.Finish(digest);
        ObjectHash hash = new(digest);
        StorageKey key = StorageKey.Pack(_session, hash);
        if (!_pending.Publish(key))
            throw new StorageException($"{key} exists although its name is new; is another program writing there?");
        foreach ((long offset, byte[] stored) in _forCache)
            _repository.Cache?.Keep(key, offset, stored);
        return new IndexedPack(_session, hash, size, _kind, _directory);
    }

    public void Dispose() => _pending.Dispose();

    private void Append(ReadOnlySpan<byte> bytes)
    {
        _pending.Append(bytes);
        _hasher.Update(bytes);
    }

    // Nodes that were just written are what the next run reads first. The object has no name yet, so they wait.
    private void RememberForCache(ReadOnlySpan<byte> stored)
    {
        if (_repository.Cache is null || _kind != PackKind.Meta || _bytesForCache > BytesForCacheMax)
            return;
        _forCache.Add((_directory.EndOffset, stored.ToArray()));
        _bytesForCache += stored.Length;
    }

    // Decoded back and compared before it is sealed: a directory that cannot be read loses the whole pack.
    private byte[] EncodeDirectory()
    {
        ByteWriter output = new(64 << 10);
        _directory.Encode(output);
        ByteReader reader = new(output.Written, "a pack directory just made");
        if (!PackDirectory.Decode(ref reader).IsSameAs(_directory) || reader.Remaining != 0)
            throw new CorruptDataException("a pack directory just made does not decode to itself; check this machine's memory before you back up again");
        return output.ToArray();
    }
}
