using Snapstore.Storage;

namespace Snapstore.RemoteStorage.Sftp;

/// <summary>An object that is open for reading on the server.</summary>
internal sealed record SftpOpenFile(StorageKey Key, SftpFiles Files, byte[] Handle, long Deletions);

/// <summary>Objects that stay open, because the next read is likely of the same one and opening takes two round trips. Thread safe.</summary>
internal sealed class SftpHandles
{
    private const int OpenMax = 32;

    private readonly Lock _lock = new();
    private readonly LinkedList<SftpOpenFile> _files = new();
    private long _deletions;

    /// <summary>One that nobody uses now; null where there is none. It is given back, or closed.</summary>
    public SftpOpenFile? Take(SftpFiles files, StorageKey key, out long deletions)
    {
        lock (_lock)
        {
            deletions = _deletions;
            for (LinkedListNode<SftpOpenFile>? node = _files.First; node is not null; node = node.Next)
            {
                if (node.Value.Key != key || node.Value.Files != files)
                    continue;
                _files.Remove(node);
                return node.Value;
            }

            return null;
        }
    }

    /// <summary>Keeps one for the next who reads it, unless something was deleted since it was opened.</summary>
    public void Give(SftpOpenFile file)
    {
        SftpOpenFile? surplus = file;
        lock (_lock)
        {
            if (file.Deletions == _deletions)
            {
                _files.AddFirst(file);
                surplus = _files.Count > OpenMax ? _files.Last!.Value : null;
                if (surplus is not null)
                    _files.RemoveLast();
            }
        }

        if (surplus is not null)
            _ = surplus.Files.Close(surplus.Handle);
    }

    /// <summary>Closes all: one of them is no more.</summary>
    public void Forget()
    {
        List<SftpOpenFile> closed;
        lock (_lock)
        {
            _deletions++;
            closed = [.. _files];
            _files.Clear();
        }

        closed.ForEach(file => _ = file.Files.Close(file.Handle));
    }
}
