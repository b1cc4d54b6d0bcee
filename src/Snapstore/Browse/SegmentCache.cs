using System.Runtime.ExceptionServices;
using Snapstore.Repositories;

namespace Snapstore.Browse;

/// <summary>Opened segments, fetched ahead of their use by worker threads, the least recently used given up first.</summary>
/// <remarks>Segments are asked for and given back by one thread; workers only fill them. Memory: <c>bytesMax</c>, and
/// beyond it only what is held at the moment.</remarks>
internal sealed class SegmentCache : IDisposable
{
    private readonly long _bytesMax;
    private readonly WorkQueue<OpenedSegment> _fetching;
    private readonly LinkedList<OpenedSegment> _recent = new();
    private readonly Dictionary<(string Pack, long Offset), LinkedListNode<OpenedSegment>> _byPlace = [];
    private long _bytes;

    public SegmentCache(Repository repository, int workers, long bytesMax)
    {
        _bytesMax = bytesMax;
        _fetching = new WorkQueue<OpenedSegment>("fetch", workers, capacity: 64, () =>
        {
            SegmentReader reader = new(repository);
            return (segment => segment.Fill(reader), reader);
        });
    }

    /// <summary>Asks for a segment and holds it until <see cref="Release"/>; it may still be on its way.</summary>
    public OpenedSegment Hold(in SegmentLocation place)
    {
        (string, long) key = (place.Pack.Key.Name, place.Offset);
        if (_byPlace.TryGetValue(key, out LinkedListNode<OpenedSegment>? known))
        {
            _recent.Remove(known);
            _recent.AddFirst(known);
            known.Value.Holders++;
            return known.Value;
        }

        _bytes += place.PlainLength;
        OpenedSegment segment = new(place, MakeRoom(place.PlainLength)) { Holders = 1 };
        _byPlace[key] = _recent.AddFirst(segment);
        _fetching.Add(segment);
        return segment;
    }

    /// <summary>Gives a segment back; it stays at hand as long as there is room.</summary>
    public static void Release(OpenedSegment segment) => segment.Holders--;

    public void Dispose()
    {
        _fetching.Dispose();
        foreach (OpenedSegment segment in _recent)
            segment.Dispose();
    }

    // Gives up old segments; the buffer of one is used again if it has the right size.
    private byte[] MakeRoom(int size)
    {
        byte[]? buffer = null;
        LinkedListNode<OpenedSegment>? oldest = _recent.Last;
        while (_bytes > _bytesMax && oldest is not null)
        {
            LinkedListNode<OpenedSegment>? next = oldest.Previous;
            OpenedSegment segment = oldest.Value;
            if (segment.Holders == 0)
            {
                segment.Wait();
                _recent.Remove(oldest);
                _byPlace.Remove((segment.Place.Pack.Key.Name, segment.Place.Offset));
                _bytes -= segment.Place.PlainLength;
                if (segment.Buffer.Length >= size && segment.Buffer.Length <= Math.Max(size * 2L, Limits.SegmentSizeTarget))
                    buffer = segment.Buffer;
                segment.Dispose();
            }

            oldest = next;
        }

        return buffer ?? GC.AllocateUninitializedArray<byte>(Math.Max(size, Math.Min(Limits.SegmentSizeTarget, size + (size / 8))));
    }
}

/// <summary>A segment's plaintext, there or on its way.</summary>
internal sealed class OpenedSegment(SegmentLocation place, byte[] buffer) : IDisposable
{
    private readonly ManualResetEventSlim _done = new();
    private ExceptionDispatchInfo? _failure;

    public SegmentLocation Place { get; } = place;

    public byte[] Buffer { get; } = buffer;

    /// <summary>How many hold it; touched by the asking thread only.</summary>
    public int Holders { get; set; }

    /// <summary>Waits until it is there, whole or failed.</summary>
    public void Wait() => _done.Wait();

    /// <summary>The bytes of a blob in it, not verified yet.</summary>
    /// <exception cref="SnapstoreException">The segment could not be read or opened.</exception>
    public ReadOnlyMemory<byte> Bytes(int offset, int length)
    {
        _done.Wait();
        _failure?.Throw();
        return Buffer.AsMemory(0, Place.PlainLength).Slice(offset, length);
    }

    /// <summary>Reads it; a failure is kept for who asks for bytes, for others may need none of these.</summary>
    public void Fill(SegmentReader reader)
    {
        try
        {
            reader.Read(Place, Buffer.AsSpan(0, Place.PlainLength));
        }
        catch (Exception e) when (Keep(e))
        {
            // Thrown by Bytes.
        }
        finally
        {
            _done.Set();
        }
    }

    public void Dispose() => _done.Dispose();

    private bool Keep(Exception failure)
    {
        _failure = ExceptionDispatchInfo.Capture(failure);
        return true;
    }
}
