using System.Buffers;

namespace Snapstore.Repositories;

/// <summary>Records outside the garbage-collected heap, as memory; it does not own them.</summary>
internal sealed unsafe class RecordMemory<T>(T* records, int count) : MemoryManager<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    public override Span<T> GetSpan() => new(records, count);

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0) => new(records + elementIndex);

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }
}
