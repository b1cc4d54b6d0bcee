namespace Snapstore.Restore;

/// <summary>Where a restore stands; read by whoever shows it, while it runs.</summary>
public sealed class RestoreProgress
{
    private long _files, _bytes, _filesExpected, _bytesExpected;
    private volatile byte[] _current = [];

    /// <summary>Files done.</summary>
    public long Files => Volatile.Read(ref _files);

    /// <summary>Bytes of files done.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Entries expected; 0 where unknown.</summary>
    public long FilesExpected => Volatile.Read(ref _filesExpected);

    /// <summary>Bytes expected; 0 where unknown.</summary>
    public long BytesExpected => Volatile.Read(ref _bytesExpected);

    /// <summary>The path at work, raw bytes.</summary>
    public byte[] Current => _current;

    internal void Add(long files, long bytes)
    {
        Interlocked.Add(ref _files, files);
        Interlocked.Add(ref _bytes, bytes);
    }

    internal void Expect(long files, long bytes)
    {
        Volatile.Write(ref _filesExpected, files);
        Volatile.Write(ref _bytesExpected, bytes);
    }

    internal void At(byte[] path) => _current = path;
}
