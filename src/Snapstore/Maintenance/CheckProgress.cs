namespace Snapstore.Maintenance;

/// <summary>Where a check stands; read by whoever shows it, while it runs.</summary>
public sealed class CheckProgress
{
    private long _packs, _bytes, _packsExpected, _bytesExpected, _findings;

    /// <summary>Packs done: meta packs for their structure, and packs that are read whole.</summary>
    public long Packs => Volatile.Read(ref _packs);

    /// <summary>Stored bytes done.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Packs expected; 0 until the index is loaded.</summary>
    public long PacksExpected => Volatile.Read(ref _packsExpected);

    /// <summary>Stored bytes expected; 0 until the index is loaded.</summary>
    public long BytesExpected => Volatile.Read(ref _bytesExpected);

    /// <summary>Damaged objects found so far.</summary>
    public long Damaged => Volatile.Read(ref _findings);

    /// <summary>Adds what was done.</summary>
    public void Add(long packs, long bytes)
    {
        Interlocked.Add(ref _packs, packs);
        Interlocked.Add(ref _bytes, bytes);
    }

    /// <summary>States what is to be expected.</summary>
    public void Expect(long packs, long bytes)
    {
        Volatile.Write(ref _packsExpected, packs);
        Volatile.Write(ref _bytesExpected, bytes);
    }

    /// <summary>All is looked at again.</summary>
    public void Restart()
    {
        Volatile.Write(ref _packs, 0);
        Volatile.Write(ref _bytes, 0);
        Volatile.Write(ref _findings, 0);
    }

    /// <summary>Counts a damaged object.</summary>
    public void CountDamaged() => Interlocked.Increment(ref _findings);
}
