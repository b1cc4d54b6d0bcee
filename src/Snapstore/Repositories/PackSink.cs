using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Storage;

namespace Snapstore.Repositories;

/// <summary>Where sealed segments go: the open pack of their kind; full packs are made durable by threads of their
/// own, as many at a time as serve the storage, and then named in index objects. <see cref="Add"/> may be called by several threads.</summary>
internal sealed class PackSink : IDisposable
{
    private readonly Repository _repository;
    private readonly SessionId _session;
    private readonly TimeProvider _time;
    private readonly Lock[] _locks = [new(), new()];
    private readonly PackWriter?[] _open = new PackWriter?[2];
    private readonly WorkQueue<PackWriter> _publishing;
    private readonly Lock _indexing = new();
    private readonly List<IndexedPack> _unindexed = [];
    private int _indexNumber;
    private long _unindexedBytes;
    private int _unindexedBlobs;
    private long _lastIndexTime;
    private long _storedBytes;

    public PackSink(Repository repository, SessionId session, int threads, TimeProvider time)
    {
        _repository = repository;
        _session = session;
        _time = time;
        _lastIndexTime = time.GetTimestamp();
        _publishing = new WorkQueue<PackWriter>("publish", threads, capacity: 1, () => (Publish, null));
    }

    /// <summary>Bytes made durable so far: packs and index objects.</summary>
    public long StoredBytes => Volatile.Read(ref _storedBytes);

    /// <summary>Appends a sealed segment to the open pack of its kind; <paramref name="deltas"/> are one for each blob, or none.</summary>
    public void Add(PackKind kind, ReadOnlySpan<byte> stored, ReadOnlySpan<BlobRecord> blobs, ReadOnlySpan<DeltaRecord> deltas = default)
    {
        int slot = (int)kind - 1;
        PackWriter? full = null;
        lock (_locks[slot])
        {
            PackWriter pack = _open[slot] ??= new PackWriter(_repository, _session, kind);
            try
            {
                pack.Add(stored, blobs, deltas);
            }
            catch
            {
                // It takes no more: whoever adds next must fail, if at all, for a reason that can be told.
                _open[slot] = null;
                pack.Dispose();
                throw;
            }

            if (pack.IsFull)
                (full, _open[slot]) = (pack, null);
        }

        if (full is not null)
            PublishOrDrop(full);
    }

    /// <summary>Names these packs, which are durable already, in the next index object.</summary>
    public void Adopt(IReadOnlyList<IndexedPack> packs)
    {
        lock (_indexing)
            _unindexed.AddRange(packs);
    }

    /// <summary>Makes the open packs durable and indexes all.</summary>
    public void Finish()
    {
        for (int slot = 0; slot < _open.Length; slot++)
        {
            if (_open[slot] is { } pack)
            {
                _open[slot] = null;
                PublishOrDrop(pack);
            }
        }

        _publishing.Complete();
        WriteIndex();
    }

    public void Dispose()
    {
        _publishing.Dispose();
        foreach (PackWriter? pack in _open)
            pack?.Dispose();
    }

    private void PublishOrDrop(PackWriter pack)
    {
        try
        {
            _publishing.Add(pack);
        }
        catch
        {
            pack.Dispose();
            throw;
        }
    }

    // By several threads at a time.
    private void Publish(PackWriter pack)
    {
        IndexedPack published;
        DateTimeOffset begun = _repository.Lock?.Time.GetUtcNow() ?? default;
        using (pack)
            published = pack.Publish();
        _repository.Lock?.Made(StorageKey.Pack(published.Session, published.Hash), begun);
        Interlocked.Add(ref _storedBytes, published.Size);
        lock (_indexing)
        {
            _unindexed.Add(published);
            _unindexedBytes += published.Size;
            _unindexedBlobs += published.Directory.Blobs.Length;
            bool isDue = _unindexedBytes >= Limits.IndexIntervalBytes
                || _unindexedBlobs >= Limits.IndexIntervalBlobs
                || _time.GetElapsedTime(_lastIndexTime).TotalSeconds >= Limits.IndexIntervalSeconds;
            if (isDue)
                WriteIndex();
        }
    }

    // Alone: under the lock, or after all threads have ended.
    private void WriteIndex()
    {
        foreach (List<IndexedPack> group in Groups(_unindexed))
        {
            byte[] record = IndexObject.Encode(group);
            StorageKey key = StorageKey.Index(_session, _indexNumber);
            if (!_repository.Put(key, SealKind.Index, record, _session, _indexNumber))
                throw new StorageException($"{key} exists although its name is new; is another program writing there?");
            _indexNumber++;
            Interlocked.Add(ref _storedBytes, Padding.Padme(Padding.FramedLength(record.Length)) + Envelope.Overhead);
        }

        _unindexed.Clear();
        _unindexedBytes = 0;
        _unindexedBlobs = 0;
        _lastIndexTime = _time.GetTimestamp();
    }

    // Index objects of bounded size; a pack's directory is never split.
    private static IEnumerable<List<IndexedPack>> Groups(List<IndexedPack> packs)
    {
        List<IndexedPack> group = [];
        long size = 0;
        foreach (IndexedPack pack in packs)
        {
            group.Add(pack);
            size += pack.Directory.Blobs.Length * (long)(BlobId.Size + 3);
            if (size < Limits.IndexObjectSizeTarget)
                continue;
            yield return group;
            (group, size) = ([], 0);
        }

        if (group.Count > 0)
            yield return group;
    }
}
