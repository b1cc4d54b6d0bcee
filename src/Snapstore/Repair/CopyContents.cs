using Snapstore.Compression;
using Snapstore.Copying;
using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Repair;

/// <summary>Gives back chunks, chunk lists and trees from another repository where they are found to be what was lost: chunks by
/// their ids, lists and trees by making them anew and comparing roots before anything is stored.</summary>
/// <param name="repository">What has lost something; its index is that of the session.</param>
/// <param name="copy">The other repository.</param>
/// <param name="blobs">The session's writer.</param>
/// <param name="learn">Tells what is known of which blob is which; asked once, where a list or tree is lost.</param>
/// <param name="cancel">Stops it.</param>
internal sealed class CopyContents(Repository repository, Repository copy, BlobWriter blobs, Action<KnownCopies> learn, CancellationToken cancel) : IDisposable
{
    private readonly TreeReader _lists = new(copy);
    private readonly BlobReader _data = new(copy);
    private KnownCopies? _known;

    /// <summary>Stores lost chunks of a file whose list is there; null, or why not all came back.</summary>
    /// <param name="items">The file's content in order.</param>
    /// <param name="isLost">Which of it is lost.</param>
    /// <param name="there">The same path in the other repository.</param>
    /// <param name="what">Its name, for errors.</param>
    public string? FetchChunks(IEnumerable<ContentItem> items, Func<ContentItem, bool> isLost, TreeEntry there, string what)
    {
        using ContentRange content = new(_lists.Items(there.Content, there.Size, what), there.Content.Inline, _data, what);
        string? problem = null;
        long offset = 0;
        foreach (ContentItem item in items)
        {
            cancel.ThrowIfCancellationRequested();
            if (isLost(item))
                problem = Fetch(item, content, offset) ?? problem;
            offset += item.Length;
        }

        return problem;
    }

    /// <summary>Stores a lost chunk list and whatever else is lost of a file; null, or why it did not come back.</summary>
    /// <param name="lost">The file's content.</param>
    /// <param name="there">The same path in the other repository.</param>
    /// <param name="what">Its name, for errors.</param>
    public string? FetchList(FileContent lost, TreeEntry there, string what) => Fetch(writer =>
    {
        using ContentCopier copier = new(copy, repository, Known(), writer, cancel);
        return copier.Copy(there.Content, there.Size, what).IsSameAs(lost);
    });

    /// <summary>Stores a lost directory and all that is lost below it; null, or why it did not come back.</summary>
    /// <param name="lost">Its root node.</param>
    /// <param name="there">The root node of the same path in the other repository.</param>
    public string? FetchTree(BlobId lost, BlobId there) => Fetch(writer =>
    {
        using TreeCopier copier = new(copy, repository, Known(), writer, new RunProgress(), cancel);
        return copier.Copy(there) == lost;
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        _known?.Dispose();
        _data.Dispose();
        _lists.Dispose();
    }

    private string? Fetch(in ContentItem item, ContentRange content, long offset)
    {
        try
        {
            ReadOnlySpan<byte> plain = content.Read(offset, (int)item.Length);
            if (repository.Keys.DataId(plain) != item.Id)
                return "the copy has other bytes there";
            _ = blobs.PutData(item.Id, plain);
            return null;
        }
        catch (SnapstoreException e) when (OtherCopies.IsLoss(e) && e is not StorageException)
        {
            return $"the copy cannot give it: {e.Message}";
        }
    }

    // First without storing anything: only of what has the root that was lost is every blob known to be right.
    private string? Fetch(Func<BlobWriter, bool> makesWhatWasLost)
    {
        KnownCopies known = Known();
        known.IsTrial = true;
        try
        {
            using BlobWriter trial = new(repository, SessionId.NewRandom(), new BlobWriterOptions(CompressionLevel.Off, Workers: 0, DryRun: true), TimeProvider.System);
            if (!makesWhatWasLost(trial))
                return "the copy holds something else there";
        }
        catch (SnapstoreException e) when (OtherCopies.IsLoss(e) && e is not StorageException)
        {
            return $"the copy cannot give it: {e.Message}";
        }
        finally
        {
            known.IsTrial = false;
        }

        return makesWhatWasLost(blobs) ? null : "the copy does not read the same twice";
    }

    private KnownCopies Known()
    {
        if (_known is not null)
            return _known;
        _known = new KnownCopies(copy.Keys.SharesIdsWith(repository.Keys));
        learn(_known);
        return _known;
    }
}
