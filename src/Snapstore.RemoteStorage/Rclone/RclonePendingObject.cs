using Snapstore.RemoteStorage.S3;
using Snapstore.Storage;

namespace Snapstore.RemoteStorage.Rclone;

/// <summary>An object that waits, whole, to be sent: most clouds want to know its size first.</summary>
internal sealed class RclonePendingObject(RcloneStorage storage, SpoolMemory memory) : IPendingObject
{
    private readonly Spool _spool = new(memory);
    private bool _isEnded;
    private bool _isDisposed;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        RefuseWhenEnded();
        try
        {
            _spool.Append(bytes);
        }
        catch
        {
            _isEnded = true;
            throw;
        }
    }

    public bool Publish(StorageKey key)
    {
        RefuseWhenEnded();
        _isEnded = true;
        return storage.Put(key, _spool);
    }

    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = _isEnded = true;
        _spool.Dispose();
    }

    private void RefuseWhenEnded()
    {
        if (_isEnded)
            throw new InvalidOperationException("this object was published, failed or given up already");
    }
}
