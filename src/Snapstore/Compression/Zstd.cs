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
    public void Decompress(ReadOnlySpan<byte> frame, Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(_context == 0, this);
        if (ZstdNative.ContentSize(frame) != (ulong)destination.Length)
            throw new CorruptDataException($"a zstd frame does not announce the expected {destination.Length} bytes");
        if (ZstdNative.FrameLength(frame) != (nuint)frame.Length)
            throw new CorruptDataException("a zstd frame is damaged, or more bytes follow it");
        int length = ZstdNative.Decompress(_context, frame, destination);
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
    private const int ParameterLevel = 100;

    public static nint CreateCompressor() => Guard(static () => ZSTD_createCCtx());

    public static nint CreateDecompressor() => Guard(static () => ZSTD_createDCtx());

    public static void FreeCompressor(nint context) => ZSTD_freeCCtx(context);

    public static void FreeDecompressor(nint context) => ZSTD_freeDCtx(context);

    public static nuint Bound(nuint size) => Guard(() => (nint)ZSTD_compressBound(size)) is var bound ? (nuint)bound : 0;

    public static void SetLevel(nint context, int level) =>
        Check(ZSTD_CCtx_setParameter(context, ParameterLevel, level), "set the level");

    public static int Compress(nint context, ReadOnlySpan<byte> source, Span<byte> destination) =>
        (int)Check(ZSTD_compress2(context, destination, (nuint)destination.Length, source, (nuint)source.Length), "compress");

    public static int Decompress(nint context, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        nuint result = ZSTD_decompressDCtx(context, destination, (nuint)destination.Length, source, (nuint)source.Length);
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
    private static partial ulong ZSTD_getFrameContentSize(ReadOnlySpan<byte> source, nuint sourceSize);

    [LibraryImport(Library)]
    private static partial nuint ZSTD_findFrameCompressedSize(ReadOnlySpan<byte> source, nuint sourceSize);

    [LibraryImport(Library)]
    private static partial uint ZSTD_isError(nuint code);

    [LibraryImport(Library)]
    private static partial nint ZSTD_getErrorName(nuint code);
}
