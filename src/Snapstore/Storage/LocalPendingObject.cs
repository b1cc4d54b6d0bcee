using System.Security.Cryptography;
using System.Text;
using Snapstore.Posix;

namespace Snapstore.Storage;

/// <summary>An object of a local storage while it is written (spec/storage.md, "Order of a local write").</summary>
internal sealed class LocalPendingObject : IPendingObject
{
    // Write-back starts every few MiB, so that the sync at the end finds little left to write.
    private const int BufferSize = 256 << 10, WriteBackSize = 4 << 20;

    private readonly LocalStorage _storage;
    private readonly DirectoryHandle _directory;
    private readonly byte[] _name;
    private readonly FileHandle _file;
    private byte[]? _buffer;
    private int _buffered;
    private long _written;
    private long _startedWriteBack;
    private bool _isRemoved;

    public LocalPendingObject(LocalStorage storage, DirectoryHandle directory)
    {
        _storage = storage;
        _directory = directory;
        _name = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));
        _file = directory.CreateFile(_name, LocalStorage.ObjectMode);
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        _buffer ??= System.Buffers.ArrayPool<byte>.Shared.Rent(BufferSize);
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
        Flush();
        return _storage.Guard(() =>
        {
            // A failed sync is final: the system may have thrown the pages away, and a second sync would lie.
            _file.Sync();
            _file.Dispose();
            (string directory, string name) = LocalStorage.Split(key.Name);
            using DirectoryHandle target = _storage.EnterDirectory(directory, make: true);
            try
            {
                _directory.Rename(_name, target, Encoding.UTF8.GetBytes(name), noReplace: true);
                _isRemoved = true;
            }
            catch (PosixException e) when (e.Error == Errno.Exists)
            {
                return false;
            }
            catch (PosixException e) when (e.Error is Errno.Invalid or Errno.NotImplemented or Errno.NotSupported)
            {
                if (!TryPublishByLink(target, Encoding.UTF8.GetBytes(name)))
                    return false;
            }

            target.Sync();
            return true;
        });
    }

    public void Dispose()
    {
        _file.Dispose();
        if (_buffer is not null)
            System.Buffers.ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = null;
        if (!_isRemoved)
            TryRemove();
        _directory.Dispose();
    }

    // For file systems without renameat2(RENAME_NOREPLACE): a hard link never overwrites either.
    private bool TryPublishByLink(DirectoryHandle target, byte[] name)
    {
        try
        {
            target.MakeHardLink(_directory, _name, name);
            return true;
        }
        catch (PosixException e) when (e.Error == Errno.Exists)
        {
            return false;
        }
    }

    private void Flush()
    {
        if (_buffered == 0)
            return;
        try
        {
            _file.Write(_written, _buffer.AsSpan(0, _buffered));
        }
        catch (PosixException e)
        {
            throw StorageFailure.Explain(_storage.Location, e);
        }

        _written += _buffered;
        _buffered = 0;
        if (_written - _startedWriteBack < WriteBackSize)
            return;
        _file.StartWriteBack(_startedWriteBack, _written - _startedWriteBack);
        _startedWriteBack = _written;
    }

    // A temporary file that stays is ignored by every reader; removing it is tidiness.
    private void TryRemove()
    {
        try
        {
            _directory.Remove(_name, isDirectory: false);
        }
        catch (PosixException)
        {
        }
    }
}
