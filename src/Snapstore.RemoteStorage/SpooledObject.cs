using Snapstore.Storage;

namespace Snapstore.RemoteStorage;

/// <summary>An object that waits, whole, for its name: stores take the name before the bytes, and many want to know the size first.</summary>
/// <param name="memory">Where it waits.</param>
/// <param name="put">Gives it its name; false where that exists.</param>
internal sealed class SpooledObject(SpoolMemory memory, Func<StorageKey, Spool, bool> put) : IPendingObject
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
        return put(key, _spool);
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
