using Snapstore.Storage;

namespace Snapstore.RemoteStorage.Sftp;

/// <summary>An object as a file in tmp/ of the server, until it is published. Bytes go there as they come.</summary>
internal sealed class SftpPendingObject : IPendingObject
{
    private readonly SftpStorage _storage;
    private readonly SftpFolders _folders;
    private readonly SftpFiles _files;
    private readonly RateLimit? _limit;
    private readonly string _name = SftpFolders.NewTemporary();
    private readonly byte[] _handle;
    private readonly byte[] _block = new byte[SftpFiles.BlockSize];
    private readonly Queue<Task> _writes = new();
    private int _filled;
    private long _written;
    private bool _isClosed;
    private bool _isEnded;
    private bool _isGone;

    public SftpPendingObject(SftpStorage storage, SftpFolders folders, SftpFiles files, RateLimit? limit)
    {
        (_storage, _folders, _files, _limit) = (storage, folders, files, limit);
        _handle = files.Open(folders.PathOf(_name), SftpFiles.ForMaking, SftpFolders.FileMode).GetAwaiter().GetResult();
        // Whatever the server's umask is. A file system without permissions says no, which is taken as it is.
        _ = files.SetMode(_handle, SftpFolders.FileMode);
    }

    /// <summary>When the server says that the file was made.</summary>
    public uint? MadeSeconds() => _files.FileStat(_handle).GetAwaiter().GetResult()?.ModifiedSeconds;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        RefuseWhenEnded();
        while (!bytes.IsEmpty)
        {
            int count = Math.Min(bytes.Length, _block.Length - _filled);
            bytes[..count].CopyTo(_block.AsSpan(_filled));
            _filled += count;
            bytes = bytes[count..];
            if (_filled == _block.Length)
                Guarded(Flush);
        }
    }

    public bool Publish(StorageKey key)
    {
        RefuseWhenEnded();
        return Guarded(() =>
        {
            Flush();
            _isEnded = true;
            while (_writes.TryDequeue(out Task? write))
                write.GetAwaiter().GetResult();
            _files.Sync(_handle).GetAwaiter().GetResult();
            _isClosed = true;
            _ = _files.Close(_handle);
            string folder = SftpFolders.FolderOf(key.Name);
            _folders.EnterForWriting(_files, folder);
            bool isOurs = _folders.TryPublish(_files, _name, key.Name);
            // Also where another writer was first: whoever is told that the object exists may rely on it.
            _folders.Sync(_files, folder);
            _files.Remove(_folders.PathOf(_name)).GetAwaiter().GetResult();
            _isGone = true;
            return isOurs;
        });
    }

    public void Dispose()
    {
        _isEnded = true;
        if (_isGone)
            return;
        _isGone = true;
        try
        {
            Task closing = _isClosed ? Task.CompletedTask : _files.Close(_handle);
            _files.Remove(_folders.PathOf(_name)).GetAwaiter().GetResult();
            closing.GetAwaiter().GetResult();
        }
        catch (Exception e) when (SftpFailure.IsOfCall(e))
        {
            // A temporary file that stays is read by nobody, and removed in a week.
        }
    }

    private bool Flush()
    {
        if (_filled == 0)
            return true;
        if (_limit?.Take(_filled) is { } wait && wait > TimeSpan.Zero)
            Thread.Sleep(wait);
        while (_writes.Count >= SftpFiles.BlocksMax || (_writes.Count > 0 && _writes.Peek().IsCompleted))
            _writes.Dequeue().GetAwaiter().GetResult();
        _writes.Enqueue(_files.Write(_handle, _written, _block.AsSpan(0, _filled)));
        _written += _filled;
        _filled = 0;
        return true;
    }

    private bool Guarded(Func<bool> action)
    {
        try
        {
            return _storage.Guard(action);
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
