using Snapstore.RemoteStorage.Ssh;
using Snapstore.Storage;

namespace Snapstore.RemoteStorage.Served;

/// <summary>An object on its way to a server. A small one is kept here and goes with its name in one request; of a larger one the
/// bytes go as they come, and only the publication is waited for.</summary>
internal sealed class ServedPendingObject(ServedStorage storage, RateLimit? limit) : IPendingObject
{
    private readonly byte[] _block = new byte[ServedProtocol.BlockSize];
    private ServedCalls? _calls;
    private uint _number;
    private Task? _begun;
    private int _filled;
    private bool _isEnded;
    private bool _isTaken;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        RefuseWhenEnded();
        while (!bytes.IsEmpty)
        {
            // Only when more comes: an object of just one block is a small one.
            if (_filled == _block.Length)
                _ = Guarded(Flush);
            int count = Math.Min(bytes.Length, _block.Length - _filled);
            bytes[..count].CopyTo(_block.AsSpan(_filled));
            _filled += count;
            bytes = bytes[count..];
        }
    }

    public bool Publish(StorageKey key)
    {
        RefuseWhenEnded();
        return Guarded(() =>
        {
            _isEnded = true;
            if (_begun is null)
            {
                Wait();
                return storage.Connect().Put(key, _block.AsMemory(0, _filled)).GetAwaiter().GetResult();
            }

            Flush();
            _isTaken = true;
            Task<bool> published = _calls!.Publish(_number, key);
            // Why it could not be begun tells more than that there is nothing to publish.
            _begun.GetAwaiter().GetResult();
            return published.GetAwaiter().GetResult();
        });
    }

    public void Dispose()
    {
        _isEnded = true;
        if (_begun is null || _isTaken)
            return;
        _isTaken = true;
        try
        {
            _calls!.Drop(_number);
        }
        catch (SshLostException)
        {
            // The server drops it when the connection ends.
        }
    }

    private bool Flush()
    {
        if (_begun is null)
        {
            _calls = storage.Connect();
            _number = _calls.NewPending();
            _begun = _calls.Begin(_number);
        }

        Wait();
        // A server that could not begin or write is not sent the rest of it.
        if (_begun.IsCompleted)
            _begun.GetAwaiter().GetResult();
        _calls!.Append(_number, _block.AsSpan(0, _filled));
        _filled = 0;
        return true;
    }

    private void Wait()
    {
        if (limit?.Take(_filled) is { } wait && wait > TimeSpan.Zero)
            Thread.Sleep(wait);
    }

    private bool Guarded(Func<bool> action)
    {
        try
        {
            return storage.Guard(action);
        }
        catch
        {
            _isEnded = true;
            throw;
        }
    }

    private void RefuseWhenEnded()
    {
        if (_isEnded)
            throw new InvalidOperationException("this object was published, failed or given up already");
    }
}
