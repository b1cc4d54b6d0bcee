using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Xml;
using Amazon.Runtime;
using Amazon.S3;

namespace Snapstore.RemoteStorage.S3;

/// <summary>What a failed request means: whether another may go through, what to say of it, and what to do next.</summary>
internal static class S3Failure
{
    private const int TooManyRequests = 429;

    // Errors of which the next attempt need not know anything, whatever status they come with.
    private static readonly HashSet<string> PassingCodes =
    [
        "InternalError", "ServiceUnavailable", "SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "BandwidthLimitExceeded",
        "TooManyRequests", "RequestTimeout", "OperationAborted", "ConditionalRequestConflict", "BadDigest", "IncompleteBody", "XAmzContentSHA256Mismatch",
        "XAmzContentChecksumMismatch",
    ];

    /// <summary>True for what a request can fail of; all else is a mistake of the program.</summary>
    public static bool IsOfCall(Exception failure) =>
        failure is AmazonClientException or AmazonServiceException or HttpRequestException or IOException or SocketException or OperationCanceledException
            or WebException or XmlException or InvalidDataException or TimeoutException or FormatException;

    /// <summary>True where the store itself, or what stands before it, said that the request failed.</summary>
    public static bool IsAnswer(Exception failure) => failure is AmazonServiceException { StatusCode: not 0 };

    /// <summary>True where the same request may go through later.</summary>
    public static bool IsPassing(Exception failure) => failure switch
    {
        S3NoAnswerException => false,
        _ when HasInside<AuthenticationException>(failure) => false,
        AmazonUnmarshallingException => true,
        AmazonServiceException service when service.StatusCode == HttpStatusCode.NotImplemented => false,
        AmazonServiceException service => PassingCodes.Contains(service.ErrorCode ?? "")
            || service.StatusCode is 0 or HttpStatusCode.OK or HttpStatusCode.RequestTimeout or HttpStatusCode.Conflict or HttpStatusCode.PartialContent
            || (int)service.StatusCode == TooManyRequests
            // An answer that was cut before it said what is wrong with the request: perhaps it was damaged on its way.
            || (service.StatusCode == HttpStatusCode.BadRequest && service.ErrorCode is null or "" or "BadRequest")
            || service.StatusCode >= HttpStatusCode.InternalServerError,
        _ => true,
    };

    private static bool HasInside<T>(Exception failure)
        where T : Exception
    {
        for (Exception? inner = failure; inner is not null; inner = inner.InnerException)
        {
            if (inner is T)
                return true;
        }

        return false;
    }

    /// <summary>True where the request says that the object is not there.</summary>
    public static bool IsMissing(AmazonS3Exception failure) =>
        failure.StatusCode == HttpStatusCode.NotFound && failure.ErrorCode is not ("NoSuchBucket" or "NoSuchUpload");

    /// <summary>True where a conditional put found the name taken. One server says 304 (MinIO, issue 19442), Alibaba OSS 409 FileAlreadyExists.</summary>
    public static bool IsTaken(AmazonS3Exception failure) =>
        failure.StatusCode is HttpStatusCode.PreconditionFailed or HttpStatusCode.NotModified || failure.ErrorCode is "FileAlreadyExists" or "PreconditionFailed";

    /// <summary>True where these credentials are known and good, and may not do that.</summary>
    public static bool IsRefused(AmazonS3Exception failure) =>
        failure.StatusCode == HttpStatusCode.Forbidden && failure.ErrorCode is "AccessDenied" or "Forbidden" or "AllAccessDisabled";

    /// <summary>A request that lacks a permission.</summary>
    public static StorageException Refused(string location, string what, string right, Exception failure) =>
        new($"{location}: {what}: {Words(failure)}; these credentials lack {right} (spec/append-only.md tells what works without)", failure) { MissingRight = right };

    /// <summary>A deletion that a lock forbids.</summary>
    public static StorageException Locked(string location, string what, DateTimeOffset until, Exception failure) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{location}: {what}: it is locked until {until.UtcDateTime:yyyy-MM-dd HH:mm} UTC (spec/object-lock.md)"), failure) { LockedUntil = until };

    /// <summary>The failure that no other attempt would mend.</summary>
    public static StorageException Explain(string location, string what, Exception failure) =>
        new($"{location}: {what}: {Words(failure)}{Advice(failure)}", failure);

    /// <summary>The failure that stayed until the time was over.</summary>
    public static StorageException GivenUp(string location, string what, int times, TimeSpan time, Exception failure) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{location}: {what}: failed {times} times in {time.TotalSeconds:0} s, the last time: {Words(failure)}; run again when the store answers, what was stored is not stored twice"), failure)
        {
            IsTransient = true,
        };

    /// <summary>What to say while a call is tried again.</summary>
    public static string TriedAgain(string location, string what, TimeSpan left, Exception failure) =>
        string.Create(CultureInfo.InvariantCulture, $"{location}: {what}: {Words(failure)}; it is tried again for up to {left.TotalSeconds:0} s");

    private static string Words(Exception failure)
    {
        if (failure is OperationCanceledException)
            return "no answer in time";
        if (failure is AmazonServiceException { ErrorCode.Length: > 0 } service)
            return $"{(int)service.StatusCode} {service.ErrorCode}{(string.IsNullOrWhiteSpace(service.Message) ? "" : ": " + OneLine(service.Message))}";
        Exception deepest = failure.GetBaseException();
        return OneLine(deepest.Message);
    }

    private static string OneLine(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.');

    private static string Advice(Exception failure) => HasInside<AuthenticationException>(failure)
        ? "; its certificate is not one that this machine trusts, or it does not speak https (then the address begins with http://)"
        : failure is AmazonServiceException service ? AdviceOn(service) : "";

    private static string AdviceOn(AmazonServiceException service) => service.ErrorCode switch
    {
        "RequestTimeTooSkewed" => "; the clock of this machine or that of the store is wrong: requests are signed with the time",
        "SignatureDoesNotMatch" => "; is the secret key the one of this access key, and the region right (?region=R)?",
        "InvalidAccessKeyId" => "; the store does not know this access key",
        "ExpiredToken" or "TokenRefreshRequired" => "; the session's credentials have run out: get new ones",
        "NoSuchBucket" => "; make the bucket, or let init make it: snapstore init --create-bucket",
        "PermanentRedirect" or "AuthorizationHeaderMalformed" or "IllegalLocationConstraintException" or "TemporaryRedirect" =>
            "; the bucket lies in another region: name it (?region=R) and the endpoint that belongs to it",
        "EntityTooLarge" => "; the store does not take objects of that size",
        "QuotaExceeded" or "XMinioStorageFull" or "InsufficientStorage" => "; the store is full: free some space or raise the quota",
        "AccessDenied" or "Forbidden" => "; these credentials do not allow it (spec/storage-s3.md names the permissions that are needed)",
        _ when service.StatusCode == HttpStatusCode.Forbidden => "; these credentials do not allow it (spec/storage-s3.md names the permissions that are needed)",
        _ when service.StatusCode == HttpStatusCode.NotImplemented => "; this store lacks what keeping data safe needs: keep the repository on another one",
        _ => "",
    };
}

/// <summary>A store answered against its own protocol in a way that no other attempt mends.</summary>
internal sealed class S3NoAnswerException(string message) : IOException(message);
