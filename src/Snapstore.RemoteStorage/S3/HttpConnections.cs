using Amazon.Runtime;

namespace Snapstore.RemoteStorage.S3;

/// <summary>The connections of one storage: as many as there are requests at a time, used again, and nothing tried twice unseen.</summary>
internal sealed class HttpConnections : HttpClientFactory, IDisposable
{
    private static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(15), IdleTime = TimeSpan.FromSeconds(30);

    private readonly HttpClient _client;

    /// <summary>Connections that send no faster than the limit; null for none.</summary>
    public HttpConnections(RateLimit? upload)
    {
        SocketsHttpHandler sockets = new() { ConnectTimeout = ConnectTime, PooledConnectionIdleTimeout = IdleTime, AllowAutoRedirect = false, UseCookies = false };
        _client = new HttpClient(new OnTheWay(upload) { InnerHandler = sockets }) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public override HttpClient CreateHttpClient(IClientConfig clientConfig) => _client;

    public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

    public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;

    public void Dispose() => _client.Dispose();

    private sealed class OnTheWay(RateLimit? upload) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            // The SDK asks before each PUT whether it may send (Expect: 100-continue): a round trip for each, and a second
            // where something on the way does not answer that.
            request.Headers.ExpectContinue = false;
            if (upload is not null && request.Content is { } content)
                request.Content = new LimitedContent(content, upload);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
