using Snapstore.Repositories;

namespace Snapstore.RemoteStorage;

/// <summary>The bytes of one object until they are sent: in memory as long as there is some, then in a file without a name.</summary>
/// <remarks>Any number of threads may read what one wrote before.</remarks>
internal sealed class Spool(SpoolMemory memory) : IDisposable
{
    private readonly List<byte[]> _blocks = [];
    private ScratchFile? _file;
    private long _inMemory;

    /// <summary>Bytes so far.</summary>
    public long Length { get; private set; }

    /// <summary>Adds bytes at the end.</summary>
    /// <exception cref="StorageException">There is no room for them.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int count = _file is null ? AppendToMemory(bytes) : 0;
            if (count == 0)
                count = AppendToFile(bytes);
            Length += count;
            bytes = bytes[count..];
        }
    }

    /// <summary>The same bytes once more.</summary>
    /// <exception cref="StorageException">There is no room for them.</exception>
    public Spool Copy()
    {
        Spool copy = new(memory);
        byte[] buffer = new byte[SpoolMemory.BlockSize];
        for (long offset = 0; offset < Length; offset += buffer.Length)
            copy.Append(buffer.AsSpan(0, Read(offset, buffer)));
        return copy;
    }

    /// <summary>Fills the buffer from this offset on, as far as there are bytes; how many.</summary>
    public int Read(long offset, Span<byte> buffer)
    {
        int total = (int)Math.Min(buffer.Length, Length - offset);
        for (int done = 0; done < total;)
        {
            long at = offset + done;
            int count = total - done;
            if (at < _inMemory)
            {
                int start = (int)(at % SpoolMemory.BlockSize);
                count = (int)Math.Min(Math.Min(count, SpoolMemory.BlockSize - start), _inMemory - at);
                _blocks[(int)(at / SpoolMemory.BlockSize)].AsSpan(start, count).CopyTo(buffer[done..]);
            }
            else
            {
                _file!.Read(at - _inMemory, buffer.Slice(done, count));
            }

            done += count;
        }

        return total;
    }

    public void Dispose()
    {
        foreach (byte[] block in _blocks)
            memory.Return(block);
        _blocks.Clear();
        _file?.Dispose();
    }

    private int AppendToMemory(ReadOnlySpan<byte> bytes)
    {
        int start = (int)(_inMemory % SpoolMemory.BlockSize);
        if (start == 0)
        {
            if (memory.TryTake() is not { } block)
                return 0;
            _blocks.Add(block);
        }

        int count = Math.Min(bytes.Length, SpoolMemory.BlockSize - start);
        bytes[..count].CopyTo(_blocks[^1].AsSpan(start));
        _inMemory += count;
        return count;
    }

    private int AppendToFile(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _file ??= ScratchFile.Create();
            _file.Append(bytes);
            return bytes.Length;
        }
        catch (IOException e)
        {
            throw new StorageException($"an object that waits to be sent finds no room: {e.Message}; free some space in $TMPDIR (else /var/tmp)", e);
        }
    }
}
