namespace Snapstore.Backup;

/// <summary>The end of a content that the source writes to. A small one is kept until it is whole and goes with others; a larger
/// one is handed to a thread of its own.</summary>
/// <param name="files">Those that are written.</param>
/// <param name="putWhole">Takes a content that is whole: a small one, or any where nobody reads beside the source.</param>
/// <param name="makeJob">Makes the job that reads a larger one.</param>
/// <param name="mayBeSmall">False where it is known to be large.</param>
internal sealed class WrittenFile(
    WrittenFiles files, Action<byte[]> putWhole, Func<Stream, PieceQueue, FileJob> makeJob, bool mayBeSmall) : ForwardWriteStream
{
    private readonly MemoryStream? _whole = files.GathersWhole ? new MemoryStream() : null;
    private byte[]? _start;
    private int _length;
#pragma warning disable CA2213 // The reader's: it disposes of it.
    private HandedStream? _handed;
#pragma warning restore CA2213
    private bool _isEnded;

    /// <inheritdoc/>
    public override bool CanWrite => !_isEnded;

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_isEnded, this);
        if (_whole is not null)
        {
            _whole.Write(buffer);
            return;
        }

        if (_handed is null && mayBeSmall && _length + buffer.Length <= WrittenFiles.SmallMax)
        {
            _start ??= files.TakeStart();
            buffer.CopyTo(_start.AsSpan(_length));
            _length += buffer.Length;
            return;
        }

        if (_handed is null)
            StartReading();
        Hand(buffer);
    }

    /// <summary>The content is whole.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isEnded)
        {
            _isEnded = true;
            End();
        }

        base.Dispose(disposing);
    }

    private void End()
    {
        if (_whole is not null)
        {
            putWhole(_whole.ToArray());
            _whole.Dispose();
            return;
        }

        if (_handed is null && !mayBeSmall)
            StartReading();
        if (_handed is not null)
        {
            _handed.End();
            return;
        }

        byte[] small = _start.AsSpan(0, _length).ToArray();
        ReturnStart();
        putWhole(small);
    }

    private void StartReading()
    {
        _handed = files.Start(makeJob);
        if (_start is not null)
            Hand(_start.AsSpan(0, _length));
        ReturnStart();
    }

    private void ReturnStart()
    {
        if (_start is not null)
            files.ReturnStart(_start);
        _start = null;
    }

    private void Hand(ReadOnlySpan<byte> bytes)
    {
        if (!_handed!.TryHand(bytes))
            throw files.WhyGivenUp(_handed);
    }
}
