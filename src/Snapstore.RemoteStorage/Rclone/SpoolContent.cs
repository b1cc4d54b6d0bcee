using System.Net;

namespace Snapstore.RemoteStorage.Rclone;

/// <summary>A spool as the body of a request.</summary>
/// <param name="spool">The bytes.</param>
/// <param name="limit">How fast they may go; null for as fast as can be.</param>
/// <param name="moved">Told after each block.</param>
internal sealed class SpoolContent(Spool spool, RateLimit? limit, Action moved) : HttpContent
{
    private const int BlockSize = 64 << 10;

    protected override void SerializeToStream(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        byte[] block = new byte[BlockSize];
        for (long offset = 0; offset < spool.Length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = spool.Read(offset, block);
            if (limit?.Take(count) is { } wait && wait > TimeSpan.Zero)
                Thread.Sleep(wait);
            stream.Write(block, 0, count);
            offset += count;
            moved();
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => Task.Run(() => SerializeToStream(stream, context, CancellationToken.None));

    protected override bool TryComputeLength(out long length)
    {
        length = spool.Length;
        return true;
    }
}
