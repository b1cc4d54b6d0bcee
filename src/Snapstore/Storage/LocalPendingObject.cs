using System.Buffers;
using System.Text;
using Snapstore.Posix;

namespace Snapstore.Storage;

/// <summary>An object of a local storage while it is written (spec/storage.md, "Order of a local write").</summary>
/// <remarks>Not thread safe. After a failure nothing but <see cref="Dispose"/> is left to call.</remarks>
internal sealed class LocalPendingObject : IPendingObject
{
    // Write-back starts every few MiB, so that the sync at the end finds little left to write.
    private const int BufferSize = 256 << 10, WriteBackSize = 4 << 20;

    private readonly LocalStorage _storage;
    private readonly LocalFolders _folders;
    private readonly DirectoryHandle _folder;
    private readonly byte[] _name;
    private readonly FileHandle _file;
    private byte[]? _buffer;
    private int _buffered;
    private long _written;
    private long _startedWriteBack;
    private bool _isEnded;
    private bool _isRenamed;
    private bool _isDisposed;

    public LocalPendingObject(LocalStorage storage, LocalFolders folders, TemporaryFiles temporaries)
    {
        _storage = storage;
        _folders = folders;
        (_folder, _name, _file) = temporaries.Create();
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        RefuseWhenEnded();
        _buffer ??= ArrayPool<byte>.Shared.Rent(BufferSize);
        while (!bytes.IsEmpty)
        {
            int length = Math.Min(bytes.Length, BufferSize - _buffered);
            bytes[..length].CopyTo(_buffer.AsSpan(_buffered));
            _buffered += length;
            bytes = bytes[length..];
            if (_buffered == BufferSize)
                Flush();
        }
    }

    public bool Publish(StorageKey key)
    {
        RefuseWhenEnded();
        Flush();
        // Once, whatever comes of it: after a failed sync the system may have thrown the pages away, and another one
        // would find nothing left to write and succeed.
        _isEnded = true;
        return _storage.Guard(() =>
        {
            _folders.RefuseAfterFailedSync();
            _file.Sync();
            (string folder, string name) = LocalStorage.Split(key);
            using DirectoryHandle target = _folders.EnterForWriting(folder);
            bool isOurs = TryGiveName(target, Encoding.UTF8.GetBytes(name));
            // Where another writer was first, its own sync of this folder may still be to come: whoever is told that
            // the object exists may rely on it.
            _folders.Sync(target);
            return isOurs;
        });
    }

    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = _isEnded = true;
        _file.Dispose();
        if (_buffer is not null)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = null;
        if (!_isRenamed)
            TryRemove();
        _folder.Dispose();
    }

    private bool TryGiveName(DirectoryHandle target, byte[] name)
    {
        try
        {
            return TryRename(target, name);
        }
        catch (PosixException e) when (e.Error == Errno.Exists)
        {
            // A network file system may send a request twice when the first reply is lost: then the name is ours.
            FileStat own = _file.Stat();
            return target.StatIfThere(name) is { } there && there.Inode == own.Inode && there.Device == own.Device;
        }
    }

    // Not every file system knows renameat2(RENAME_NOREPLACE): NFS, some of FUSE. A hard link never overwrites either.
    private bool TryRename(DirectoryHandle target, byte[] name)
    {
        try
        {
            _folder.Rename(_name, target, name, noReplace: true);
            _isRenamed = true;
        }
        catch (PosixException e) when (e.Error is Errno.Invalid or Errno.NotImplemented or Errno.NotSupported)
        {
            Link(target, name);
        }

        return true;
    }

    private void Link(DirectoryHandle target, byte[] name)
    {
        try
        {
            target.MakeHardLink(_folder, _name, name);
        }
        catch (PosixException e) when (e.Error is Errno.NotPermitted or Errno.NotSupported or Errno.NotImplemented)
        {
            throw new StorageException(
                $"{_storage.Location}: this file system can neither rename without overwriting nor make hard links; keep the repository on another one", e);
        }
    }

    private void Flush()
    {
        if (_buffered == 0)
            return;
        try
        {
            _file.Write(_written, _buffer.AsSpan(0, _buffered));
            _written += _buffered;
            _buffered = 0;
            if (_written - _startedWriteBack < WriteBackSize)
                return;
            _file.StartWriteBack(_startedWriteBack, _written - _startedWriteBack);
            _startedWriteBack = _written;
        }
        catch (PosixException e)
        {
            _isEnded = true;
            throw StorageFailure.Explain(_storage.Location, e);
        }
    }

    private void RefuseWhenEnded()
    {
        if (_isEnded)
            throw new InvalidOperationException("this object was published, failed or given up already");
    }

    // A temporary file that stays is ignored by every reader; removing it is tidiness.
    private void TryRemove()
    {
        try
        {
            _folder.Remove(_name, isDirectory: false);
        }
        catch (PosixException)
        {
        }
    }
}
