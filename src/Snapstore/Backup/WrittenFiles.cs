using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Snapstore.Backup;

/// <summary>The contents that a source writes itself, several beside each other: each has a thread that reads what is
/// written. Used by the source's thread.</summary>
/// <remarks>Memory: a ring of 512 KiB and two pieces for each that is open or not yet read to its end. A pipeline without threads
/// of its own, as simulations use it, has each content in memory until it is whole.</remarks>
internal sealed class WrittenFiles(BackupPipeline pipeline) : IDisposable
{
    /// <summary>Bytes up to which a content goes with other small ones and needs no thread.</summary>
    public const int SmallMax = 256 << 10;

    private const int OpenMax = 64, EndedMax = 4;

    private readonly List<Reader> _readers = [];
    private readonly ConcurrentBag<byte[]> _rings = [];
    private byte[]? _start;

    /// <summary>True where contents are gathered whole, for nobody reads beside the source.</summary>
    public bool GathersWhole => pipeline.IsInline;

    /// <summary>A buffer of <see cref="SmallMax"/> for the beginning of a content.</summary>
    public byte[] TakeStart() => Interlocked.Exchange(ref _start, null) ?? LargeBuffer.Allocate(SmallMax);

    /// <summary>Gives it back.</summary>
    public void ReturnStart(byte[] buffer) => _start = buffer;

    /// <summary>Starts a thread that reads what is written to the stream.</summary>
    public HandedStream Start(Func<Stream, PieceQueue, FileJob> makeJob)
    {
        WaitForEnded(EndedMax);
        if (_readers.Count >= OpenMax)
            throw new SourceException($"the stream has more than {OpenMax} files open at once; let the program that writes it use fewer threads; no snapshot was made");
        HandedStream bytes = new(_rings.TryTake(out byte[]? ring) ? ring : LargeBuffer.Allocate(HandedStream.RingSize), _rings.Add);
        Reader reader = new(pipeline, bytes, makeJob);
        _readers.Add(reader);
        return bytes;
    }

    /// <summary>Tells why nobody reads what is written.</summary>
    public SourceException WhyGivenUp(HandedStream bytes)
    {
        Reader given = _readers.First(reader => reader.Bytes == bytes);
        given.Join();
        pipeline.ThrowIfFailed();
        given.ThrowIfFailed();
        return new SourceException("what the stream holds could not be stored; no snapshot was made");
    }

    /// <summary>Waits until all that was written to its end is read.</summary>
    public void WaitUntilRead() => WaitForEnded(0);

    /// <summary>Gives up what is still being written, and waits for the threads.</summary>
    public void Dispose()
    {
        foreach (Reader reader in _readers)
            reader.Bytes.GiveUp();
        foreach (Reader reader in _readers)
            reader.Join();
        _readers.Clear();
    }

    private void WaitForEnded(int left)
    {
        _readers.RemoveAll(reader => reader.IsDone);
        while (_readers.Count(reader => reader.Bytes.IsEnded) > left)
        {
            Reader first = _readers.First(reader => reader.Bytes.IsEnded);
            first.Join();
            first.ThrowIfFailed();
            _readers.Remove(first);
        }
    }

    private sealed class Reader
    {
        private readonly Thread _thread;
        private volatile ExceptionDispatchInfo? _failure;

        public Reader(BackupPipeline pipeline, HandedStream bytes, Func<Stream, PieceQueue, FileJob> makeJob)
        {
            Bytes = bytes;
            _thread = new Thread(() => Read(pipeline, makeJob)) { Name = "read beside", IsBackground = true };
            _thread.Start();
        }

        public HandedStream Bytes { get; }

        // A failed one stays, so that its failure is told.
        public bool IsDone => !_thread.IsAlive && _failure is null;

        public void Join() => _thread.Join();

        public void ThrowIfFailed() => _failure?.Throw();

        // A stage boundary: whatever fails here is thrown again where the bytes come from.
        private void Read(BackupPipeline pipeline, Func<Stream, PieceQueue, FileJob> makeJob)
        {
            try
            {
                pipeline.ReadBeside(pieces => makeJob(Bytes, pieces));
            }
#pragma warning disable CA1031
            catch (Exception e)
#pragma warning restore CA1031
            {
                _failure = ExceptionDispatchInfo.Capture(e);
                Bytes.Dispose();
            }
        }
    }
}
