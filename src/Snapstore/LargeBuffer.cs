namespace Snapstore;

/// <summary>Buffers of a megabyte and more that runs hold from beginning to end.</summary>
/// <remarks>Pinned, so that the collector never moves them; not cleared. A simulation, which makes thousands of runs a second,
/// puts a store of used ones in place, for one thread: otherwise each run would cost a full collection.</remarks>
internal static class LargeBuffer
{
    [ThreadStatic]
    private static Func<int, byte[]>? _simulated;

    /// <summary>An array of exactly this many bytes.</summary>
    public static byte[] Allocate(int size) => _simulated?.Invoke(size) ?? GC.AllocateUninitializedArray<byte>(size, pinned: true);

    /// <summary>From now on this thread's buffers come from here; null for new ones.</summary>
    internal static void Simulate(Func<int, byte[]>? allocate) => _simulated = allocate;
}
