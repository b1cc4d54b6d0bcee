using System.Numerics;
using System.Runtime.InteropServices;

namespace Snapstore.Compression;

/// <summary>How hard to compress; `off` stores everything as it is.</summary>
public enum CompressionLevel
{
    /// <summary>Nothing is compressed.</summary>
    Off = 0,

    /// <summary>zstd level 1.</summary>
    Fast = 1,

    /// <summary>zstd level 3.</summary>
    Default = 3,

    /// <summary>zstd level 9.</summary>
    High = 9,

    /// <summary>zstd level 19.</summary>
    Max = 19,
}

/// <summary>Compresses whole buffers into zstd frames (RFC 8878) that state their content size. One per thread.</summary>
public sealed class ZstdCompressor : IDisposable
{
    // Incompressible data is noticed by compressing a few samples: 16 us a MiB (measured) instead of 300.
    private const int SampleSize = 4 << 10, SampleCount = 4;

    private nint _context;
    private readonly byte[] _sample = new byte[(int)ZstdNative.Bound(SampleSize)];

    /// <summary>A compressor of this level.</summary>
    public ZstdCompressor(CompressionLevel level)
    {
        _context = ZstdNative.CreateCompressor();
        ZstdNative.SetLevel(_context, (int)level);
        Level = level;
    }

    /// <summary>The level it was made with.</summary>
    public CompressionLevel Level { get; }

    /// <summary>The most bytes that a frame of <paramref name="size"/> bytes of content may take.</summary>
    public static int Bound(int size) => (int)ZstdNative.Bound((nuint)size);

    /// <summary>Writes one frame; returns its length. <paramref name="destination"/> holds <see cref="Bound"/> bytes.</summary>
    public int Compress(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(_context == 0, this);
        return ZstdNative.Compress(_context, source, destination);
    }

    /// <summary>Writes one frame that only opens with the same <paramref name="prefix"/>; returns its length, or 0 where it
    /// does not fit into <paramref name="destination"/>.</summary>
    public int Compress(ReadOnlySpan<byte> source, ReadOnlySpan<byte> prefix, Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(_context == 0, this);
        return ZstdNative.Compress(_context, source, prefix, destination);
    }

    /// <summary>False where samples say that compressing would save less than a twentieth.</summary>
    public bool IsWorthTrying(ReadOnlySpan<byte> source)
    {
        if (Level == CompressionLevel.Off)
            return false;
        ObjectDisposedException.ThrowIf(_context == 0, this);
        if (source.Length < 2 * SampleSize * SampleCount)
            return source.Length > 0;
        int total = 0;
        int stride = (source.Length - SampleSize) / (SampleCount - 1);
        ZstdNative.SetLevel(_context, 1);
        for (int i = 0; i < SampleCount; i++)
            total += Compress(source.Slice(i * stride, SampleSize), _sample);
        ZstdNative.SetLevel(_context, (int)Level);
        return total < SampleSize * SampleCount * 19 / 20;
    }

    /// <inheritdoc/>
    public void Dispose() => ZstdNative.FreeCompressor(Interlocked.Exchange(ref _context, 0));
}

/// <summary>Opens zstd frames into buffers of known size. One per thread.</summary>
public sealed class ZstdDecompressor : IDisposable
{
    private nint _context = ZstdNative.CreateDecompressor();

    /// <summary>Opens one frame whose content must be exactly as long as <paramref name="destination"/>.</summary>
    /// <exception cref="CorruptDataException">The bytes are not such a frame.</exception>
    public void Decompress(ReadOnlySpan<byte> frame, Span<byte> destination) => Decompress(frame, [], destination);

    /// <summary>Opens one frame that was made with this <paramref name="prefix"/>. With another prefix it fails or gives other bytes:
    /// whoever asks checks what comes out.</summary>
    /// <exception cref="CorruptDataException">The bytes are not such a frame.</exception>
    public void Decompress(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> prefix, Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(_context == 0, this);
        if (ZstdNative.ContentSize(frame) != (ulong)destination.Length)
            throw new CorruptDataException($"a zstd frame does not announce the expected {destination.Length} bytes");
        if (ZstdNative.FrameLength(frame) != (nuint)frame.Length)
            throw new CorruptDataException("a zstd frame is damaged, or more bytes follow it");
        int length = prefix.IsEmpty
            ? ZstdNative.Decompress(_context, frame, destination)
            : ZstdNative.Decompress(_context, frame, prefix, destination);
        if (length != destination.Length)
            throw new CorruptDataException($"a zstd frame holds {length} bytes instead of {destination.Length}");
    }

    /// <inheritdoc/>
    public void Dispose() => ZstdNative.FreeDecompressor(Interlocked.Exchange(ref _context, 0));
}

/// <summary>The few calls of the system's libzstd that are used (zstd.h, 1.4 and later).</summary>
internal static partial class ZstdNative
{
    private const string Library = "libzstd.so.1";
    private const int ParameterLevel = 100, ParameterWindowLog = 101, WindowLogMin = 10, ResetSession = 1;

    // With a prefix, long matches are looked for first: they keep to one offset from change to change, which a frame repeats
    // for nothing. Without, each change costs the offset anew: 155 bytes a chunk of 64 KiB with 8 changed rows instead of 107.
    private static readonly (int Parameter, int Value)[] LongMatches = [(160, 1), (161, 17), (162, 64), (163, 3), (164, 4)];


    // ZSTD_error_dstSize_tooSmall: part of the stable ABI.
    private const uint ErrorDestinationTooSmall = 70;

    public static nint CreateCompressor() => Guard(static () => ZSTD_createCCtx());

    public static nint CreateDecompressor() => Guard(static () => ZSTD_createDCtx());

    public static void FreeCompressor(nint context) => ZSTD_freeCCtx(context);

    public static void FreeDecompressor(nint context) => ZSTD_freeDCtx(context);

    public static nuint Bound(nuint size) => Guard(() => (nint)ZSTD_compressBound(size)) is var bound ? (nuint)bound : 0;

    public static void SetLevel(nint context, int level) =>
        Check(ZSTD_CCtx_setParameter(context, ParameterLevel, level), "set the level");

    public static int Compress(nint context, ReadOnlySpan<byte> source, Span<byte> destination) =>
        (int)Check(ZSTD_compress2(context, destination, (nuint)destination.Length, source, (nuint)source.Length), "compress");

    // A prefix holds for the next frame only, and must not move until that is done.
    public static unsafe int Compress(nint context, ReadOnlySpan<byte> source, ReadOnlySpan<byte> prefix, Span<byte> destination)
    {
        int windowLog = Math.Max(WindowLogMin, BitOperations.Log2((uint)(source.Length + prefix.Length)) + 1);
        Check(ZSTD_CCtx_setParameter(context, ParameterWindowLog, windowLog), "set the window");
        foreach ((int parameter, int value) in LongMatches)
            Check(ZSTD_CCtx_setParameter(context, parameter, value), "look for long matches");
        nuint result;
        fixed (byte* start = prefix)
        {
            Check(ZSTD_CCtx_refPrefix(context, start, (nuint)prefix.Length), "take a prefix");
            result = ZSTD_compress2(context, destination, (nuint)destination.Length, source, (nuint)source.Length);
        }

        bool isTooLong = ZSTD_isError(result) != 0 && ZSTD_getErrorCode(result) == ErrorDestinationTooSmall;
        Check(ZSTD_CCtx_reset(context, ResetSession), "begin anew");
        Check(ZSTD_CCtx_setParameter(context, ParameterWindowLog, 0), "set the window back");
        foreach ((int parameter, _) in LongMatches)
            Check(ZSTD_CCtx_setParameter(context, parameter, 0), "set parameters back");
        return isTooLong ? 0 : (int)Check(result, "compress");
    }

    public static int Decompress(nint context, ReadOnlySpan<byte> source, Span<byte> destination) =>
        Opened(ZSTD_decompressDCtx(context, destination, (nuint)destination.Length, source, (nuint)source.Length));

    public static unsafe int Decompress(nint context, ReadOnlySpan<byte> source, ReadOnlySpan<byte> prefix, Span<byte> destination)
    {
        fixed (byte* start = prefix)
        {
            Check(ZSTD_DCtx_refPrefix(context, start, (nuint)prefix.Length), "take a prefix");
            return Opened(ZSTD_decompressDCtx(context, destination, (nuint)destination.Length, source, (nuint)source.Length));
        }
    }

    private static int Opened(nuint result)
    {
        return ZSTD_isError(result) == 0
            ? (int)result
            : throw new CorruptDataException($"a zstd frame cannot be opened: {ErrorName(result)}");
    }

    public static ulong ContentSize(ReadOnlySpan<byte> frame) => ZSTD_getFrameContentSize(frame, (nuint)frame.Length);

    // Of the first frame, behind which others may stand; an error is a number that no length reaches.
    public static nuint FrameLength(ReadOnlySpan<byte> frame) => ZSTD_findFrameCompressedSize(frame, (nuint)frame.Length);

    private static nuint Check(nuint result, string what) => ZSTD_isError(result) == 0
        ? result
        : throw new InvalidOperationException($"libzstd could not {what}: {ErrorName(result)}");

    private static string ErrorName(nuint code) => Marshal.PtrToStringUTF8(ZSTD_getErrorName(code)) ?? "unknown error";

    private static nint Guard(Func<nint> call)
    {
        try
        {
            return call() is var result && result != 0 ? result : throw new InsufficientMemoryException("libzstd has no memory");
        }
        catch (DllNotFoundException e)
        {
            throw NativeLibraries.Missing(Library, "libzstd1", "zstd or libzstd", e);
        }
    }

    [LibraryImport(Library)]
    private static partial nint ZSTD_createCCtx();

    [LibraryImport(Library)]
    private static partial nuint ZSTD_freeCCtx(nint context);

    [LibraryImport(Library)]
    private static partial nint ZSTD_createDCtx();

    [LibraryImport(Library)]
    private static partial nuint ZSTD_freeDCtx(nint context);

    [LibraryImport(Library)]
    private static partial nuint ZSTD_compressBound(nuint size);

    [LibraryImport(Library)]
    private static partial nuint ZSTD_CCtx_setParameter(nint context, int parameter, int value);

    [LibraryImport(Library)]
    private static partial nuint ZSTD_compress2(nint context, Span<byte> destination, nuint destinationSize, ReadOnlySpan<byte> source, nuint sourceSize);

    [LibraryImport(Library)]
    private static partial nuint ZSTD_decompressDCtx(nint context, Span<byte> destination, nuint destinationSize, ReadOnlySpan<byte> source, nuint sourceSize);

    [LibraryImport(Library)]
    private static unsafe partial nuint ZSTD_CCtx_refPrefix(nint context, byte* prefix, nuint prefixSize);

    [LibraryImport(Library)]
    private static unsafe partial nuint ZSTD_DCtx_refPrefix(nint context, byte* prefix, nuint prefixSize);

    [LibraryImport(Library)]
    private static partial nuint ZSTD_CCtx_reset(nint context, int directive);

    [LibraryImport(Library)]
    private static partial uint ZSTD_getErrorCode(nuint code);

    [LibraryImport(Library)]
    private static partial ulong ZSTD_getFrameContentSize(ReadOnlySpan<byte> source, nuint sourceSize);

    [LibraryImport(Library)]
    private static partial nuint ZSTD_findFrameCompressedSize(ReadOnlySpan<byte> source, nuint sourceSize);

    [LibraryImport(Library)]
    private static partial uint ZSTD_isError(nuint code);

    [LibraryImport(Library)]
    private static partial nint ZSTD_getErrorName(nuint code);
}
