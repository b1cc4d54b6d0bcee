using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Text;

namespace Snapstore.Copying;

/// <summary>Reads a copy back before it counts: its trees are held against the source's, entry by entry, and the bytes of data
/// blobs against the source's bytes.</summary>
/// <param name="source">Where the snapshot is.</param>
/// <param name="target">Where the copy is, with an index that knows what was written.</param>
/// <param name="used">The target's ids of the data blobs to compare.</param>
/// <param name="cancel">Stops it.</param>
internal sealed class CopyVerification(Repository source, Repository target, BlobIdSet used, CancellationToken cancel) : IDisposable
{
    private readonly TreeReader _source = new(source);
    private readonly TreeReader _target = new(target);
    private readonly BlobReader _sourceData = new(source);
    private readonly BlobReader _targetData = new(target);
    private readonly BlobIdSet _compared = new();
    private readonly TreeLeafEncoder _leaf = new();
    private readonly ByteWriter _encoded = new(), _encodedCopy = new();

    /// <summary>Data blobs that were compared.</summary>
    public long Blobs => _compared.Count;

    /// <summary>Says that the tree with root <paramref name="copy"/> is that with <paramref name="root"/>.</summary>
    /// <exception cref="CorruptDataException">It is not, or does not read back.</exception>
    public void Require(in BlobId root, in BlobId copy) => Require(root, copy, []);

    /// <inheritdoc/>
    public void Dispose()
    {
        _source.Dispose();
        _target.Dispose();
        _sourceData.Dispose();
        _targetData.Dispose();
        _compared.Dispose();
    }

    private void Require(in BlobId root, in BlobId copy, byte[] path)
    {
        string what = path.Length == 0 ? "/" : PrintablePath.Of(path);
        using IEnumerator<TreeEntry> copies = _target.Entries(copy, what).GetEnumerator();
        foreach (TreeEntry entry in _source.Entries(root, what))
        {
            cancel.ThrowIfCancellationRequested();
            byte[] below = [.. path, (byte)'/', .. entry.Name];
            if (!copies.MoveNext() || !IsSame(entry, copies.Current))
                throw Differs(PrintablePath.Of(below));
            if (entry.Kind == EntryKind.Directory)
                Require(entry.Tree, copies.Current.Tree, below);
            else if (entry.Kind == EntryKind.File)
                RequireContent(entry, copies.Current, PrintablePath.Of(below));
        }

        if (copies.MoveNext())
            throw Differs(what);
    }

    private void RequireContent(TreeEntry entry, TreeEntry copy, string what)
    {
        if (!(entry.Content.Inline ?? []).AsSpan().SequenceEqual(copy.Content.Inline ?? []))
            throw Differs(what);
        using IEnumerator<ContentItem> copies = _target.Items(copy.Content, copy.Size, what).GetEnumerator();
        foreach (ContentItem item in _source.Items(entry.Content, entry.Size, what))
        {
            if (!copies.MoveNext() || item.IsHole != copies.Current.IsHole || item.Length != copies.Current.Length)
                throw Differs(what);
            if (!item.IsHole && used.Contains(copies.Current.Id) && _compared.Add(copies.Current.Id)
                && !_sourceData.Read(item.Id, what).SequenceEqual(_targetData.Read(copies.Current.Id, what)))
            {
                throw Differs(what);
            }
        }

        if (copies.MoveNext())
            throw Differs(what);
    }

    // All that an entry says of itself, encoded; where its content is, which must differ, is compared by itself.
    private bool IsSame(TreeEntry entry, TreeEntry copy)
    {
        Encode(entry, _encoded);
        Encode(copy, _encodedCopy);
        return _encoded.Written.SequenceEqual(_encodedCopy.Written);
    }

    private void Encode(TreeEntry entry, ByteWriter bytes)
    {
        bytes.Clear();
        _leaf.Add(entry with { Tree = default, Content = entry.Size == 0 ? FileContent.Empty : FileContent.OfList(default) });
        _leaf.Finish(bytes);
    }

    private static CorruptDataException Differs(string what) =>
        new($"{what} does not read back from the target as it is in the source; check the target's disk and this machine's memory before you copy again");
}
