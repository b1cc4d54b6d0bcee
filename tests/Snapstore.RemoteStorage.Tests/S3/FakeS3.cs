using System.Globalization;
using System.Security;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Amazon.Runtime;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Snapstore.RemoteStorage.S3;

namespace Snapstore.RemoteStorage.Tests.S3;

/// <summary>What a store does beside the rule.</summary>
public enum Weakness
{
    None,
    IgnoresConditions,
    RefusesConditions,
    KeepsNoMetadata,
    KnowsOnlyForbidOverwrite,
    ForgetsTheNextPage,
    ListsFromAStaleCopy,
}

/// <summary>An S3 store in this process, path style, without a check of signatures: quick enough for thousands of cases.</summary>
public sealed partial class FakeS3 : IDisposable
{
    private const string Success = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

    private readonly WebApplication _server;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, FakeBucket> _buckets = [];
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, int> _counts = [];
    private int _places;
    private int _requests;

    public FakeS3()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(options => options.Limits.MaxRequestBodySize = null);
        _server = builder.Build();
        _server.Run(Answer);
        _server.StartAsync().GetAwaiter().GetResult();
        Port = new Uri(_server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
    }

    /// <summary>Its port on loopback.</summary>
    public int Port { get; }

    /// <summary>What it does beside the rule.</summary>
    public Weakness Weakness { get; set; }

    /// <summary>True for credentials that cannot delete.</summary>
    public bool RefusesDeletions { get; set; }

    /// <summary>True for credentials that may hide what they cannot remove: no deletion of versions.</summary>
    public bool RefusesDeletionsOfVersions { get; set; }

    /// <summary>Requests answered so far that begin so: "PUT retention", "HEAD", ...</summary>
    public int Count(string what) => _counts.GetValueOrDefault(what);

    /// <summary>Requests answered so far.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Settings for it: no wait is long.</summary>
    public static S3Settings Settings { get; } = new()
    {
        Credentials = new BasicAWSCredentials("access", "secret"),
        RetryTime = TimeSpan.FromMinutes(2),
        WaitFirst = TimeSpan.FromMilliseconds(1),
        WaitMax = TimeSpan.FromMilliseconds(10),
    };

    /// <summary>A place that nobody has used, in a bucket of its own.</summary>
    public string NewPlace(int port = 0) => string.Create(
        CultureInfo.InvariantCulture, $"s3:http://127.0.0.1:{(port == 0 ? Port : port)}/bucket-{Interlocked.Increment(ref _places)}/below");

    /// <summary>Sets the store's clock ahead, for the locks of a place's bucket.</summary>
    public void SetAhead(S3Location place, TimeSpan ahead)
    {
        lock (_lock)
            _buckets[place.Bucket].Versions!.Ahead = ahead;
    }

    /// <summary>Forgets a place's bucket.</summary>
    public void Remove(S3Location place)
    {
        lock (_lock)
            _buckets.Remove(place.Bucket);
    }

    public void Dispose() => _server.DisposeAsync().AsTask().GetAwaiter().GetResult();

    private async Task Answer(HttpContext context)
    {
        Interlocked.Increment(ref _requests);
        string what = context.Request.Query.Keys.FirstOrDefault(key => key is "retention" or "versions" or "object-lock" or "list-type") is { } query ? $"{context.Request.Method} {query}" : context.Request.Method;
        _counts.AddOrUpdate(what, 1, (_, count) => count + 1);
        using MemoryStream body = new();
        await context.Request.Body.CopyToAsync(body);
        string[] path = context.Request.Path.Value!.TrimStart('/').Split('/', 2);
        FakeAnswer answer = Decide(context.Request, path[0], path.Length > 1 ? path[1] : "", body.ToArray());
        context.Response.StatusCode = answer.Status;
        foreach ((string name, string value) in answer.Headers)
            context.Response.Headers[name] = value;
        byte[] content = answer.Body;
        if (context.Request.Method == "HEAD" || answer.Status == 204)
            return;
        context.Response.ContentLength = content.Length;
        await context.Response.Body.WriteAsync(content);
    }

    private FakeAnswer Decide(HttpRequest request, string bucketName, string key, byte[] body)
    {
        string hash = request.Headers["x-amz-content-sha256"].ToString();
        if (hash.Length == 64 && hash != Convert.ToHexStringLower(SHA256.HashData(body)))
            return FakeAnswer.Error(400, "XAmzContentSHA256Mismatch");
        lock (_lock)
        {
            if (key.Length == 0 && request.Method == "PUT")
                return _buckets.TryAdd(bucketName, new FakeBucket(request.Headers["x-amz-bucket-object-lock-enabled"] == "true")) ? FakeAnswer.Ok : FakeAnswer.Error(409, "BucketAlreadyOwnedByYou");
            if (!_buckets.TryGetValue(bucketName, out FakeBucket? bucket))
                return FakeAnswer.Error(404, "NoSuchBucket");
            string version = request.Query["versionId"].ToString();
            return request.Method switch
            {
                "GET" when request.Query.ContainsKey("object-lock") => bucket.Versions is null
                    ? FakeAnswer.Error(404, "ObjectLockConfigurationNotFoundError")
                    : FakeAnswer.Xml($"{Success}<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>"),
                "GET" when request.Query.ContainsKey("versions") => bucket.Versions!.List(request.Query["prefix"].ToString()),
                "PUT" when request.Query.ContainsKey("retention") => bucket.Versions!.Retain(key, body),
                "PUT" when request.Headers.ContainsKey("x-amz-copy-source") => Copy(bucket, request, key),
                "DELETE" when version.Length > 0 && RefusesDeletionsOfVersions => FakeAnswer.Error(403, "AccessDenied"),
                "GET" when key.Length == 0 => List(bucket, request.Query),
                "PUT" when request.Query.ContainsKey("partNumber") => bucket.PutPart(request.Query["uploadId"]!, int.Parse(request.Query["partNumber"]!, CultureInfo.InvariantCulture), body),
                "PUT" => Put(bucket, request, key, new FakeObject(body, Mark(request))),
                "POST" when request.Query.ContainsKey("uploads") => Begin(bucket, key, Mark(request)),
                "POST" => Complete(bucket, request, key),
                "DELETE" when request.Query.ContainsKey("uploadId") => bucket.Abandon(request.Query["uploadId"]!),
                "DELETE" when RefusesDeletions => FakeAnswer.Error(403, "AccessDenied"),
                "DELETE" => bucket.Versions?.Delete(key, version) ?? bucket.Delete(key),
                _ => Get(bucket, request, key),
            };
        }
    }

    private string Mark(HttpRequest request) => Weakness == Weakness.KeepsNoMetadata ? "" : request.Headers["x-amz-meta-snapstore-put"].ToString();

    private FakeAnswer Put(FakeBucket bucket, HttpRequest request, string key, FakeObject made)
    {
        bool isConditional = request.Headers.IfNoneMatch == "*" && Weakness is not (Weakness.IgnoresConditions or Weakness.KnowsOnlyForbidOverwrite);
        if (isConditional && Weakness == Weakness.RefusesConditions)
            return FakeAnswer.Error(501, "NotImplemented");
        bool isTaken = bucket.Objects.ContainsKey(key);
        if (isTaken && isConditional)
            return FakeAnswer.Error(412, "PreconditionFailed");
        if (isTaken && Weakness == Weakness.KnowsOnlyForbidOverwrite && request.Headers["x-oss-forbid-overwrite"] == "true")
            return FakeAnswer.Error(409, "FileAlreadyExists");
        if (bucket.Versions?.Refuse(request) is { } refusal)
            return refusal;
        if (bucket.Versions is { } versions)
            versions.Add(key, made, request);
        else
            bucket.Set(key, made);
        return new FakeAnswer(200, [], [("ETag", made.Tag)]);
    }

    private static FakeAnswer Copy(FakeBucket bucket, HttpRequest request, string key)
    {
        string[] source = Uri.UnescapeDataString(request.Headers["x-amz-copy-source"].ToString()).Split("?versionId=");
        if (bucket.Versions!.Find(key, source[1])?.Object is not { } copied)
            return FakeAnswer.Error(404, "NoSuchVersion");
        bucket.Versions.Add(key, copied, request);
        return FakeAnswer.Xml($"{Success}<CopyObjectResult><ETag>{SecurityElement.Escape(copied.Tag)}</ETag></CopyObjectResult>");
    }

    private static FakeAnswer Begin(FakeBucket bucket, string key, string mark) =>
        FakeAnswer.Xml($"{Success}<InitiateMultipartUploadResult><Key>{SecurityElement.Escape(key)}</Key><UploadId>{bucket.Begin(mark)}</UploadId></InitiateMultipartUploadResult>");

    private FakeAnswer Complete(FakeBucket bucket, HttpRequest request, string key)
    {
        string id = request.Query["uploadId"]!;
        if (bucket.Assemble(id) is not { } made)
            return FakeAnswer.Error(404, "NoSuchUpload");
        FakeAnswer answer = Put(bucket, request, key, made);
        if (answer.Status != 200)
            return answer;
        bucket.Abandon(id);
        return FakeAnswer.Xml($"{Success}<CompleteMultipartUploadResult><Key>{SecurityElement.Escape(key)}</Key><ETag>{SecurityElement.Escape(made.Tag)}</ETag></CompleteMultipartUploadResult>");
    }

    private FakeAnswer List(FakeBucket bucket, IQueryCollection query)
    {
        string prefix = query["prefix"].ToString(), after = query["continuation-token"].ToString();
        int max = int.Parse(query["max-keys"].ToString() is { Length: > 0 } text ? text : "1000", CultureInfo.InvariantCulture);
        List<KeyValuePair<string, FakeObject>> page = [.. (Weakness == Weakness.ListsFromAStaleCopy ? bucket.StaleObjects : bucket.Objects)
            .Where(o => o.Key.StartsWith(prefix, StringComparison.Ordinal) && (after.Length == 0 || string.CompareOrdinal(o.Key, after) > 0)).Take(max + 1)];
        bool isCut = page.Count > max;
        StringBuilder xml = new($"{Success}<ListBucketResult><IsTruncated>{(isCut ? "true" : "false")}</IsTruncated>");
        foreach ((string key, FakeObject found) in page.Take(max))
            xml.Append(CultureInfo.InvariantCulture, $"<Contents><Key>{SecurityElement.Escape(key)}</Key><Size>{found.Content.Length}</Size></Contents>");
        if (isCut && Weakness != Weakness.ForgetsTheNextPage)
            xml.Append(CultureInfo.InvariantCulture, $"<NextContinuationToken>{SecurityElement.Escape(page[max - 1].Key)}</NextContinuationToken>");
        return FakeAnswer.Xml(xml.Append("</ListBucketResult>").ToString());
    }

    private static FakeAnswer Get(FakeBucket bucket, HttpRequest request, string key)
    {
        FakeVersion? version = bucket.Versions?.Find(key, request.Query["versionId"]);
        if ((version?.Object ?? (bucket.Versions is null ? bucket.Objects.GetValueOrDefault(key) : null)) is not { } found)
            return FakeAnswer.Error(404, "NoSuchKey");
        List<(string, string)> headers = [("ETag", found.Tag), .. version is null ? [] : FakeVersions.Headers(version)];
        if (found.Mark.Length > 0)
            headers.Add(("x-amz-meta-snapstore-put", found.Mark));
        Match range = Range().Match(request.Headers.Range.ToString());
        if (!range.Success)
        {
            if (request.Method == "HEAD")
                headers.Add(("Content-Length", found.Content.Length.ToString(CultureInfo.InvariantCulture)));
            return new FakeAnswer(200, found.Content, headers);
        }

        long from = long.Parse(range.Groups[1].Value, CultureInfo.InvariantCulture);
        long to = Math.Min(long.Parse(range.Groups[2].Value, CultureInfo.InvariantCulture), found.Content.Length - 1);
        if (from >= found.Content.Length)
            return FakeAnswer.Error(416, "InvalidRange");
        headers.Add(("Content-Range", string.Create(CultureInfo.InvariantCulture, $"bytes {from}-{to}/{found.Content.Length}")));
        return new FakeAnswer(206, found.Content[(int)from..(int)(to + 1)], headers);
    }

    [GeneratedRegex(@"^bytes=(\d+)-(\d+)$")]
    private static partial Regex Range();
}

/// <summary>What the store answers.</summary>
internal sealed record FakeAnswer(int Status, byte[] Body, IReadOnlyList<(string Name, string Value)> Headers)
{
    public static FakeAnswer Ok { get; } = new(200, [], []);

    public static FakeAnswer Xml(string xml) => new(200, Encoding.UTF8.GetBytes(xml), [("Content-Type", "application/xml")]);

    public static FakeAnswer Error(int status, string code) =>
        new(status, Encoding.UTF8.GetBytes($"<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>so it is</Message></Error>"), [("Content-Type", "application/xml")]);
}

/// <summary>An object: its bytes and the mark it was put with.</summary>
internal sealed record FakeObject(byte[] Content, string Mark)
{
    // The SDK takes it as it comes; CA5351 is about secrets.
#pragma warning disable CA5351
    public string Tag { get; } = $"\"{Convert.ToHexStringLower(MD5.HashData(Content))}\"";
#pragma warning restore CA5351
}

/// <summary>A bucket and its uploads in parts. Used under the store's lock.</summary>
internal sealed class FakeBucket
{
    private const int ChangesLate = 5;

    private readonly Dictionary<string, (string Mark, SortedDictionary<int, byte[]> Parts)> _uploads = [];
    private readonly Queue<(string Key, FakeObject? Made)> _late = [];
    private int _begun;

    public FakeBucket(bool hasLock = false) => Versions = hasLock ? new FakeVersions(this) : null;

    /// <summary>Where it has object lock.</summary>
    public FakeVersions? Versions { get; }

    public SortedDictionary<string, FakeObject> Objects { get; } = new(StringComparer.Ordinal);

    /// <summary>What was there some changes ago.</summary>
    public SortedDictionary<string, FakeObject> StaleObjects { get; } = new(StringComparer.Ordinal);

    /// <summary>Puts an object, or removes it where it is null.</summary>
    public void Set(string key, FakeObject? made)
    {
        Apply(Objects, key, made);
        _late.Enqueue((key, made));
        if (_late.Count > ChangesLate)
            Apply(StaleObjects, _late.Peek().Key, _late.Dequeue().Made);
    }

    public string Begin(string mark)
    {
        string id = (++_begun).ToString(CultureInfo.InvariantCulture);
        _uploads.Add(id, (mark, []));
        return id;
    }

    public FakeAnswer PutPart(string upload, int number, byte[] content)
    {
        if (!_uploads.TryGetValue(upload, out (string Mark, SortedDictionary<int, byte[]> Parts) found))
            return FakeAnswer.Error(404, "NoSuchUpload");
        found.Parts[number] = content;
        return new FakeAnswer(200, [], [("ETag", new FakeObject(content, "").Tag)]);
    }

    public FakeObject? Assemble(string upload) =>
        _uploads.TryGetValue(upload, out (string Mark, SortedDictionary<int, byte[]> Parts) found) ? new FakeObject([.. found.Parts.Values.SelectMany(part => part)], found.Mark) : null;

    public FakeAnswer Abandon(string upload)
    {
        _uploads.Remove(upload);
        return new FakeAnswer(204, [], []);
    }

    public FakeAnswer Delete(string key)
    {
        Set(key, null);
        return new FakeAnswer(204, [], []);
    }

    private static void Apply(SortedDictionary<string, FakeObject> objects, string key, FakeObject? made)
    {
        if (made is null)
            objects.Remove(key);
        else
            objects[key] = made;
    }
}
