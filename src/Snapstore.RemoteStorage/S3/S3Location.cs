using System.Net;
using System.Text.RegularExpressions;

namespace Snapstore.RemoteStorage.S3;

/// <summary>A place in an object store as a user names it: s3:https://endpoint/bucket/prefix?region=R, or oss:endpoint/bucket/prefix
/// for Alibaba's (spec/storage-s3.md, "Locations"). Holds no secret: one with a secret in it is refused.</summary>
public sealed partial record S3Location
{
    /// <summary>What a location of any S3 begins with, and one of Alibaba OSS.</summary>
    public const string Scheme = "s3:", OssScheme = "oss:";

    private const string RegionDefault = "us-east-1";

    // Providers whose certificates cover bucket.endpoint, and some of which take no other style.
    private static readonly string[] VirtualHosted = [".amazonaws.com", ".amazonaws.com.cn", ".aliyuncs.com"];

    private static readonly string[] RegionVariables = ["AWS_REGION", "AWS_DEFAULT_REGION"];

    private S3Location(Uri endpoint, string bucket, string prefix) =>
        (Endpoint, Bucket, Prefix) = (endpoint, bucket, prefix);

    /// <summary>The server: scheme, host and port.</summary>
    public Uri Endpoint { get; }

    /// <summary>The bucket.</summary>
    public string Bucket { get; }

    /// <summary>What all names begin with: "", or parts that each end with '/'.</summary>
    public string Prefix { get; }

    /// <summary>The region that requests are signed for.</summary>
    public string Region { get; private init; } = RegionDefault;

    /// <summary>True where the bucket is a part of the path, false where it is a part of the host's name.</summary>
    public bool IsPathStyle { get; private init; }

    /// <summary>The profile whose credentials are taken; null for what the environment says.</summary>
    public string? Profile { get; private init; }

    /// <summary>True for Alibaba OSS, which has a header of its own against overwriting.</summary>
    public bool IsOss { get; private init; }

    /// <summary>True where the store is relied upon to put an object only where there is none.</summary>
    public bool KnowsConditions { get; private init; } = true;

    /// <summary>True where the store is one of Amazon's.</summary>
    public bool IsAmazon => Endpoint.Host.EndsWith(".amazonaws.com", StringComparison.Ordinal) || Endpoint.Host.EndsWith(".amazonaws.com.cn", StringComparison.Ordinal);

    /// <summary>True where this is a location of an object store, right or wrong.</summary>
    public static bool IsMeant(string location) =>
        location.StartsWith(Scheme, StringComparison.Ordinal) || location.StartsWith(OssScheme, StringComparison.Ordinal);

    /// <summary>Takes a location apart.</summary>
    /// <exception cref="UsageException">It is not one.</exception>
    public static S3Location Parse(string location)
    {
        bool isOss = location.StartsWith(OssScheme, StringComparison.Ordinal);
        string rest = location[(isOss ? OssScheme : Scheme).Length..];
        int question = rest.IndexOf('?', StringComparison.Ordinal);
        Dictionary<string, string> parameters = question < 0 ? [] : Parameters(rest[(question + 1)..]);
        string address = question < 0 ? rest : rest[..question];
        if (!address.Contains("://", StringComparison.Ordinal))
            address = "https://" + address;
        // A Uri would quietly leave them out, and name another bucket or prefix.
        if (address.Contains('\\', StringComparison.Ordinal) || address.Split('/').Any(part => Uri.UnescapeDataString(part) is "." or ".."))
            throw Wrong("a part of it is . or .., or has a backslash");
        // Not shown: what stands before an '@' may be a secret.
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) || uri.Host.Length == 0)
            throw Wrong("it names no server");
        if (uri.UserInfo.Length > 0 || address.Contains('@', StringComparison.Ordinal))
            throw Wrong("it has a user or a password in it; credentials come from the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY) or a profile, never from arguments");
        if (uri.Fragment.Length > 0 || uri.Scheme is not ("http" or "https"))
            throw Wrong("its address is not one of http or https");
        if (uri.Scheme == "http" && !uri.IsLoopback && Taken(parameters, "plain-http") != "yes")
            throw Wrong("plain http shows everybody on the way which objects are read; use https, or say ?plain-http=yes");
        parameters.Remove("plain-http");
        S3Location made = Make(uri, isOss, parameters);
        return parameters.Count == 0 ? made : throw Wrong($"it has a parameter '{parameters.Keys.First()}'; there are region, style, profile, conditions and plain-http");
    }

    /// <inheritdoc/>
    public override string ToString() => $"{(IsOss ? OssScheme : Scheme)}{Endpoint.GetLeftPart(UriPartial.Authority)}/{Bucket}{(Prefix.Length > 0 ? "/" : "")}{Prefix.TrimEnd('/')}";

    private static S3Location Make(Uri uri, bool isOss, Dictionary<string, string> parameters)
    {
        string[] parts = Uri.UnescapeDataString(uri.AbsolutePath).Trim('/').Split('/');
        if (!BucketName().IsMatch(parts[0]))
            throw Wrong("it names no bucket: s3:https://ENDPOINT/BUCKET/PREFIX");
        if (parts.Skip(1).Any(part => !PrefixPart().IsMatch(part)))
            throw Wrong("the parts of its prefix have other characters than letters, digits and ._-=+");
        Uri endpoint = new(uri.GetLeftPart(UriPartial.Authority));
        string region = Taken(parameters, "region") ?? RegionOf(endpoint.Host) ?? RegionOfEnvironment() ?? RegionDefault;
        if (!RegionName().IsMatch(region))
            throw Wrong("its region (?region=R, else AWS_REGION) has other characters than small letters, digits and -");
        return new S3Location(endpoint, parts[0], string.Concat(parts.Skip(1).Select(part => part + "/")))
        {
            IsOss = isOss,
            Region = region,
            IsPathStyle = IsPathStyleAsked(Taken(parameters, "style"), endpoint, parts[0], isOss),
            Profile = Taken(parameters, "profile"),
            KnowsConditions = Taken(parameters, "conditions") switch
            {
                null or "yes" => true,
                "no" => false,
                _ => throw Wrong("its conditions are neither yes nor no"),
            },
        };
    }

    private static bool IsPathStyleAsked(string? style, Uri endpoint, string bucket, bool isOss) => style switch
    {
        "path" => true,
        "virtual" => false,
        // No certificate covers a bucket with dots in its name as a part of the host's.
        null => !isOss && (bucket.Contains('.', StringComparison.Ordinal) || IPAddress.TryParse(endpoint.Host, out _)
            || !VirtualHosted.Any(end => endpoint.Host.EndsWith(end, StringComparison.Ordinal))),
        _ => throw Wrong("its style is neither path nor virtual"),
    };

    private static string? RegionOf(string host)
    {
        Match match = RegionInHost().Match(host);
        return match.Success ? match.Groups["region"].Value : null;
    }

    private static string? RegionOfEnvironment() =>
        RegionVariables.Select(Environment.GetEnvironmentVariable).FirstOrDefault(value => !string.IsNullOrEmpty(value));

    private static Dictionary<string, string> Parameters(string query)
    {
        Dictionary<string, string> parameters = [];
        foreach (string parameter in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] sides = parameter.Split('=', 2);
            if (sides.Length != 2 || sides[1].Length == 0 || !parameters.TryAdd(sides[0], Uri.UnescapeDataString(sides[1])))
                throw Wrong("its parameters are not each NAME=VALUE, once");
        }

        return parameters;
    }

    private static string? Taken(Dictionary<string, string> parameters, string name) => parameters.Remove(name, out string? value) ? value : null;

    private static UsageException Wrong(string why) => new($"the location in the object store is not understood: {why} (see spec/storage-s3.md)");

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{1,254}\z")]
    private static partial Regex BucketName();

    [GeneratedRegex(@"^[A-Za-z0-9_=+-][A-Za-z0-9._=+-]*\z")]
    private static partial Regex PrefixPart();

    [GeneratedRegex(@"^[a-z0-9-]+\z")]
    private static partial Regex RegionName();

    [GeneratedRegex(@"^(?:s3[.-](?:dualstack\.)?(?<region>[a-z]+-[a-z0-9-]+-\d|[a-z]+-[a-z]+-\d+)\.(?:amazonaws\.com(?:\.cn)?|backblazeb2\.com|wasabisys\.com)|(?<region>oss-[a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com)\z")]
    private static partial Regex RegionInHost();
}
