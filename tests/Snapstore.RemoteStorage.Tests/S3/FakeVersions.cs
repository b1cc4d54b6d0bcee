using System.Globalization;
using System.Security;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.Http;

namespace Snapstore.RemoteStorage.Tests.S3;

/// <summary>A version of an object, or a marker (no object); the lock it has.</summary>
internal sealed class FakeVersion(string id, FakeObject? made, DateTimeOffset time)
{
    public string Id { get; } = id;

    public FakeObject? Object { get; } = made;

    public DateTimeOffset Time { get; } = time;

    public DateTimeOffset? Until { get; set; }

    public string Mode { get; set; } = "";
}

/// <summary>The versions in a bucket with object lock, as Amazon documents them. Used under the store's lock.</summary>
internal sealed class FakeVersions(FakeBucket bucket)
{
    private readonly SortedDictionary<string, List<FakeVersion>> _versions = new(StringComparer.Ordinal);
    private int _made;

    /// <summary>By how much the store's clock is ahead.</summary>
    public TimeSpan Ahead { get; set; }

    private DateTimeOffset Now => TimeProvider.System.GetUtcNow() + Ahead;

    /// <summary>The version that is meant: the one named, or the newest; null where there is none, or a marker.</summary>
    public FakeVersion? Find(string key, string? id) => !_versions.TryGetValue(key, out List<FakeVersion>? found) || found.Count == 0
        ? null
        : string.IsNullOrEmpty(id) ? (found[0].Object is null ? null : found[0]) : found.Find(version => version.Id == id && version.Object is not null);

    /// <summary>What a put may not do; null where it may.</summary>
    public FakeAnswer? Refuse(HttpRequest request)
    {
        if (LockOf(request) is not { } until)
            return null;
        if (string.IsNullOrEmpty(request.Headers["Content-MD5"]) && !request.Query.ContainsKey("uploads") && request.Method == "PUT" && !request.Headers.ContainsKey("x-amz-copy-source"))
            return FakeAnswer.Error(400, "InvalidRequest");
        return until > Now ? null : FakeAnswer.Error(400, "InvalidArgument");
    }

    /// <summary>Adds a version, or a marker, on top.</summary>
    public void Add(string key, FakeObject? made, HttpRequest? request = null)
    {
        if (!_versions.TryGetValue(key, out List<FakeVersion>? found))
            _versions.Add(key, found = []);
        FakeVersion version = new(string.Create(CultureInfo.InvariantCulture, $"v{++_made}"), made, Now);
        if (request is not null && LockOf(request) is { } until)
            (version.Until, version.Mode) = (until, request.Headers["x-amz-object-lock-mode"].ToString());
        found.Insert(0, version);
        Refresh(key);
    }

    public FakeAnswer Delete(string key, string id)
    {
        if (id.Length == 0)
        {
            Add(key, null);
            return new FakeAnswer(204, [], []);
        }

        if (_versions.TryGetValue(key, out List<FakeVersion>? found) && found.Find(version => version.Id == id) is { } named)
        {
            if (named.Until > Now)
                return FakeAnswer.Error(403, "AccessDenied");
            found.Remove(named);
            Refresh(key);
        }

        return new FakeAnswer(204, [], []);
    }

    public FakeAnswer Retain(string key, byte[] body)
    {
        if (Find(key, null) is not { } version)
            return FakeAnswer.Error(404, "NoSuchKey");
        XElement retention = XElement.Parse(Encoding.UTF8.GetString(body));
        string Value(string name) => retention.Elements().First(element => element.Name.LocalName == name).Value;
        DateTimeOffset until = DateTimeOffset.Parse(Value("RetainUntilDate"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        if (version.Until > Now && until < version.Until)
            return FakeAnswer.Error(403, "AccessDenied");
        (version.Until, version.Mode) = (until, Value("Mode"));
        return FakeAnswer.Ok;
    }

    public FakeAnswer List(string prefix)
    {
        StringBuilder xml = new("<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListVersionsResult><IsTruncated>false</IsTruncated>");
        foreach ((string key, List<FakeVersion> versions) in _versions.Where(found => found.Key.StartsWith(prefix, StringComparison.Ordinal)))
        {
            foreach (FakeVersion version in versions)
            {
                string head = string.Create(CultureInfo.InvariantCulture, $"<Key>{SecurityElement.Escape(key)}</Key><VersionId>{version.Id}</VersionId><IsLatest>{(version == versions[0] ? "true" : "false")}</IsLatest><LastModified>{version.Time.UtcDateTime:yyyy-MM-ddTHH:mm:ss.fffZ}</LastModified>");
                xml.Append(version.Object is { } made
                    ? string.Create(CultureInfo.InvariantCulture, $"<Version>{head}<ETag>{SecurityElement.Escape(made.Tag)}</ETag><Size>{made.Content.Length}</Size></Version>")
                    : $"<DeleteMarker>{head}</DeleteMarker>");
            }
        }

        return FakeAnswer.Xml(xml.Append("</ListVersionsResult>").ToString());
    }

    /// <summary>What an answer says of a version.</summary>
    public static IEnumerable<(string, string)> Headers(FakeVersion version)
    {
        yield return ("x-amz-version-id", version.Id);
        if (version.Until is not { } until)
            yield break;
        yield return ("x-amz-object-lock-mode", version.Mode);
        yield return ("x-amz-object-lock-retain-until-date", until.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
    }

    private static DateTimeOffset? LockOf(HttpRequest request) => request.Headers["x-amz-object-lock-retain-until-date"].ToString() is { Length: > 0 } text
        ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)
        : null;

    private void Refresh(string key)
    {
        bucket.Set(key, Find(key, null)?.Object);
        if (_versions[key].Count == 0)
            _versions.Remove(key);
    }
}
