using Amazon.Runtime;
using Amazon.Runtime.Credentials;
using Amazon.S3;

namespace Snapstore.RemoteStorage.S3;

/// <summary>Makes the SDK's client for a location: every retry, time-out and check is ours, so that none happens unseen.</summary>
internal static class S3Connection
{
    /// <summary>The client.</summary>
    /// <exception cref="StorageException">There are no credentials.</exception>
    public static AmazonS3Client Open(S3Location location, S3Settings settings, HttpConnections connections)
    {
        AmazonS3Config config = new()
        {
            ServiceURL = location.Endpoint.GetLeftPart(UriPartial.Authority),
            AuthenticationRegion = location.Region,
            ForcePathStyle = location.IsPathStyle,
            MaxErrorRetry = 0,
            MaxStaleConnectionRetries = 0,
            ThrottleRetries = false,
            Timeout = Timeout.InfiniteTimeSpan,
            HttpClientFactory = connections,
            // The default asks for checksums that not every store knows (Ceph 16: 400 XAmzContentSHA256Mismatch). The hash
            // in the signature covers what is sent.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            DisableLogging = true,
        };
        if (location.Profile is not null)
            config.Profile = new Amazon.Profile(location.Profile);
        return new AmazonS3Client(settings.Credentials ?? FindCredentials(location, config), config);
    }

    // Before the first request, so that a failure to find any is not taken for one of the network.
    private static AWSCredentials FindCredentials(S3Location location, AmazonS3Config config)
    {
        try
        {
            AWSCredentials found = DefaultAWSCredentialsIdentityResolver.GetCredentials(config);
            _ = found.GetCredentials();
            return found;
        }
        catch (Exception e) when (e is AmazonClientException or AmazonServiceException or ArgumentException or IOException)
        {
            throw new StorageException(
                $"{location}: no credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile (AWS_PROFILE, ?profile=NAME)", e);
        }
    }
}
