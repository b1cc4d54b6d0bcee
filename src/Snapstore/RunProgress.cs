namespace Snapstore;

/// <summary>Where a run stands; read by whoever shows it, while it runs.</summary>
public sealed class RunProgress
{
    private long _files, _bytes, _filesExpected, _bytesExpected, _warnings;
    private volatile byte[] _current = [];

    /// <summary>Files done.</summary>
    public long Files => Volatile.Read(ref _files);

    /// <summary>Bytes of files done, unchanged ones included.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Files expected, from the parent or a count made beside; 0 where unknown.</summary>
    public long FilesExpected => Volatile.Read(ref _filesExpected);

    /// <summary>Bytes expected; 0 where unknown.</summary>
    public long BytesExpected => Volatile.Read(ref _bytesExpected);

    /// <summary>Warnings so far.</summary>
    public long Warnings => Volatile.Read(ref _warnings);

    /// <summary>The path at work, raw bytes.</summary>
    public byte[] Current => _current;

    /// <summary>Adds what was done.</summary>
    public void Add(long files, long bytes)
    {
        Interlocked.Add(ref _files, files);
        Interlocked.Add(ref _bytes, bytes);
    }

    /// <summary>States what is to be expected.</summary>
    public void Expect(long files, long bytes)
    {
        Volatile.Write(ref _filesExpected, files);
        Volatile.Write(ref _bytesExpected, bytes);
    }

    /// <summary>Begins again: nothing is done yet.</summary>
    public void Restart()
    {
        Volatile.Write(ref _files, 0);
        Volatile.Write(ref _bytes, 0);
        Volatile.Write(ref _warnings, 0);
    }

    /// <summary>States the path at work.</summary>
    public void At(byte[] path) => _current = path;

    /// <summary>Counts a warning.</summary>
    public void Warn() => Interlocked.Increment(ref _warnings);
}
