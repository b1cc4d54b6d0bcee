using Amazon.Runtime;

namespace Snapstore.RemoteStorage.S3;

/// <summary>How long a store is waited for, and who asks.</summary>
public sealed record S3Settings
{
    /// <summary>After this time without <see cref="StallBytes"/> of progress a request has failed.</summary>
    public TimeSpan StallTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A call is tried again until so much time has passed since it failed first.</summary>
    public TimeSpan RetryTime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The same while the store has not answered at all: a wrong address, or a machine that is down, is told sooner.</summary>
    public TimeSpan FirstRetryTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Ends waiting for another attempt.</summary>
    public CancellationToken Cancel { get; init; }

    /// <summary>Told, once a minute at most, that calls fail and are tried again; null for nobody.</summary>
    public Action<string>? Tell { get; init; }

    /// <summary>The first wait before a call is tried again is random below this; each further one below twice as much.</summary>
    public TimeSpan WaitFirst { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>No wait is longer.</summary>
    public TimeSpan WaitMax { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Objects of more bytes go up in parts, where their name holds the hash of their content.</summary>
    public long PartsAbove { get; init; } = 64 << 20;

    /// <summary>Bytes of one part; stores take 5 MiB or more.</summary>
    public int PartSize { get; init; } = 16 << 20;

    /// <summary>How fast objects go up; null for as fast as they can.</summary>
    public RateLimit? Upload { get; init; }

    /// <summary>How fast objects come down; null for as fast as they can.</summary>
    public RateLimit? Download { get; init; }

    /// <summary>Names in one page of a listing.</summary>
    public int ListPage { get; init; } = 1000;

    /// <summary>Bytes that must move in every <see cref="StallTime"/>, lest one byte now and then keep a request alive for ever.</summary>
    internal const int StallBytes = 256 << 10;

    /// <summary>The credentials; null for what the environment, profiles, containers and instances give (the SDK's own order).</summary>
    internal AWSCredentials? Credentials { get; init; }
}
