using Amazon.Runtime;

namespace Snapstore.RemoteStorage.S3;

/// <summary>The connections of one storage: as many as there are requests at a time, used again, and nothing tried twice unseen.</summary>
internal sealed class HttpConnections : HttpClientFactory, IDisposable
{
    private static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(15), IdleTime = TimeSpan.FromSeconds(30);

    private readonly HttpClient _client = new(new NoExpectation { InnerHandler = new SocketsHttpHandler
    {
        ConnectTimeout = ConnectTime,
        PooledConnectionIdleTimeout = IdleTime,
        AllowAutoRedirect = false,
        UseCookies = false,
    } })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public override HttpClient CreateHttpClient(IClientConfig clientConfig) => _client;

    public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

    public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;

    public void Dispose() => _client.Dispose();

    // The SDK asks before each PUT whether it may send (Expect: 100-continue): a round trip for each, and a second where
    // something on the way does not answer that.
    private sealed class NoExpectation : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.ExpectContinue = false;
            return base.SendAsync(request, cancellationToken);
        }
    }
}
