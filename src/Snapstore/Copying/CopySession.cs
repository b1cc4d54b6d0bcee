using Snapstore.Formats;
using Snapstore.Garbage;
using Snapstore.Repositories;

namespace Snapstore.Copying;

/// <summary>A session of the target in which one snapshot is copied, with its view of the index (spec/protocols/garbage.md, W1 to W3).</summary>
internal sealed class CopySession : IDisposable
{
    private readonly OwnSession _session;

    /// <summary>Begins one.</summary>
    public CopySession(Repository target, CopyOptions options)
    {
        _session = new OwnSession(target, options.OriginNow());
        try
        {
            // Listed before the index is: a plan that this misses was published after the session registered, and waits for it.
            Generation = GarbageLog.List(target).Newest;
            LoadedIndex loaded = target.LoadForSession();
            Blobs = new BlobWriter(target, _session.Id, new BlobWriterOptions(options.Compression, options.Workers, DryRun: false) { Taken = RecordTableLimits.Small }, options.Time);
            Blobs.Adopt(loaded.Unindexed);
        }
        catch
        {
            Blobs?.Dispose();
            _session.Dispose();
            throw;
        }
    }

    /// <summary>Its id, and that of the snapshot that it makes.</summary>
    public SessionId Id => _session.Id;

    /// <summary>The newest generation of garbage when it began.</summary>
    public int Generation { get; }

    /// <summary>What it writes with.</summary>
    public BlobWriter Blobs { get; }

    /// <summary>Ends it with a snapshot.</summary>
    /// <exception cref="SessionFencedException">A prune took it for dead.</exception>
    public void Commit(Manifest manifest) => _session.Commit(manifest);

    /// <inheritdoc/>
    public void Dispose()
    {
        Blobs.Dispose();
        _session.Dispose();
    }
}
