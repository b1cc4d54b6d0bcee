using Snapstore.Compression;
using Snapstore.Formats;

namespace Snapstore.Browse;

/// <summary>The central directory of a zip archive while it grows, kept compressed: a million members would take
/// 100 MiB and more, and take a tenth of that.</summary>
internal sealed class ZipDirectory : IDisposable
{
    private const int RunSize = 1 << 20;

    private readonly ZstdCompressor _compressor = new(CompressionLevel.Fast);
    private readonly ZstdDecompressor _decompressor = new();
    private readonly List<(byte[] Stored, int Length)> _runs = [];
    private readonly ByteWriter _open = new(RunSize + (128 << 10));

    /// <summary>Members.</summary>
    public long Count { get; private set; }

    /// <summary>Bytes of all records.</summary>
    public long Size { get; private set; }

    /// <summary>Adds a member's record.</summary>
    public void Add(ReadOnlySpan<byte> record)
    {
        _open.Raw(record);
        Count++;
        Size += record.Length;
        if (_open.Length >= RunSize)
            CloseRun();
    }

    /// <summary>Writes all records in order.</summary>
    public void WriteTo(Stream output)
    {
        foreach ((byte[] stored, int length) in _runs)
        {
            byte[] records = new byte[length];
            _decompressor.Decompress(stored, records);
            output.Write(records);
        }

        output.Write(_open.Written);
    }

    public void Dispose()
    {
        _compressor.Dispose();
        _decompressor.Dispose();
    }

    private void CloseRun()
    {
        byte[] room = new byte[ZstdCompressor.Bound(_open.Length)];
        int length = _compressor.Compress(_open.Written, room);
        _runs.Add((room[..length], _open.Length));
        _open.Clear();
    }
}
