using System.Net;

namespace Snapstore.RemoteStorage.S3;

/// <summary>What a request sends, no faster than a limit.</summary>
internal sealed class LimitedContent : HttpContent
{
    private readonly HttpContent _content;
    private readonly RateLimit _limit;

    public LimitedContent(HttpContent content, RateLimit limit)
    {
        (_content, _limit) = (content, limit);
        foreach ((string name, IEnumerable<string> values) in content.Headers)
            Headers.TryAddWithoutValidation(name, values);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[16 << 10];
        using Stream source = await _content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            int count = await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (count == 0)
                return;
            await Task.Delay(_limit.Take(count), cancellationToken).ConfigureAwait(false);
            await stream.WriteAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _content.Headers.ContentLength ?? 0;
        return _content.Headers.ContentLength is not null;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _content.Dispose();
        base.Dispose(disposing);
    }
}
