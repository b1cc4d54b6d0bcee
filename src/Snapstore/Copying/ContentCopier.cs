using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Copying;

/// <summary>Copies the content of files: chunks as they were cut, chunk lists with the target's ids.</summary>
/// <param name="source">Where it is read.</param>
/// <param name="target">Where it is written, with its index as the session sees it.</param>
/// <param name="known">What is there already.</param>
/// <param name="blobs">The session's writer.</param>
/// <param name="cancel">Stops it.</param>
/// <param name="cachedBytesMax">Bytes of opened segments to keep, of lists and of data each.</param>
internal sealed class ContentCopier(
    Repository source, Repository target, KnownCopies known, BlobWriter blobs, CancellationToken cancel, int cachedBytesMax = BlobReader.CachedBytesDefault) : IDisposable
{
    private readonly TreeReader _lists = new(source, cachedBytesMax);
    private readonly BlobReader _data = new(source, cachedBytesMax);
    private readonly ChunkListWriter _list = new(blobs.PutMeta);

    /// <summary>Told the target's id of every data blob that the copy needs, stored now or found there.</summary>
    public Action<BlobId>? OnUsed { get; init; }

    /// <summary>The same content in the target.</summary>
    /// <exception cref="CorruptDataException">Something of it is lost at the source.</exception>
    public FileContent Copy(FileContent content, long size, string what)
    {
        if (content.Items is { } items)
            return FileContent.OfItems([.. items.Select(item => Copy(item, what))]);
        if (content.List is not { } list)
            return content;
        if (known.FindWhole(list) is { } there)
            return FileContent.OfList(there);
        return known.SharesIds ? CopyNodes(content, list, size, what) : Rewrite(content, list, size, what);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _lists.Dispose();
        _data.Dispose();
    }

    private FileContent Rewrite(FileContent content, in BlobId list, long size, string what)
    {
        foreach (ContentItem item in _lists.Items(content, size, what))
            _list.Add(Copy(item, what));
        FileContent copy = _list.Finish();
        if (copy.List is { } root)
            known.AddWhole(list, root);
        return copy;
    }

    // With the same ids the nodes are the same too.
    private FileContent CopyNodes(FileContent content, in BlobId list, long size, string what)
    {
        foreach (ContentItem item in _lists.Items(content, size, what))
            _ = Copy(item, what);
        Stack<BlobId> pending = new([list]);
        while (pending.TryPop(out BlobId id))
        {
            byte[] node = _data.Read(id, what).ToArray();
            foreach (ChunkListChild child in ChunkListNode.Decode(node, what).Children)
                pending.Push(child.Id);
            blobs.PutMeta(node);
        }

        known.AddWhole(list, list);
        return content;
    }

    private ContentItem Copy(in ContentItem item, string what)
    {
        if (item.IsHole)
            return item;
        cancel.ThrowIfCancellationRequested();
        BlobId id = known.FindData(item.Id) is { } there && blobs.Has(there) ? there : Store(item, what);
        OnUsed?.Invoke(id);
        return item with { Id = id };
    }

    private BlobId Store(in ContentItem item, string what)
    {
        byte[] plain = _data.Read(item.Id, what).ToArray();
        if (plain.Length != item.Length)
            throw new CorruptDataException($"blob {item.Id} of {what} has {plain.Length} bytes instead of {item.Length}");
        BlobId id = target.Keys.DataId(plain);
        if (!blobs.Has(id))
            _ = blobs.PutData(id, plain, FindDelta(item.Id));
        known.AddData(item.Id, id);
        return id;
    }

    // A delta's frame holds no id and no key: it opens at the target as it does here, if its base is there plain.
    private DeltaFrame? FindDelta(in BlobId id)
    {
        if (!source.Index.TryFind(id, out BlobLocation place) || place.Delta is not { } delta)
            return null;
        try
        {
            BlobKey prefix = known.FindBase(delta.BaseKey) ?? new BlobKey(target.Keys.DataId(_data.ReadBase(delta.BaseKey)));
            return target.Index.ContainsPlain(prefix) ? new DeltaFrame(prefix, _data.ReadFrame(place).ToArray()) : null;
        }
        catch (SnapstoreException e) when (OtherCopies.IsLoss(e))
        {
            // It was read from another copy; that one is good enough to be stored plain.
            return null;
        }
    }
}
