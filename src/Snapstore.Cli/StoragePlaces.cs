using Snapstore.RemoteStorage;
using Snapstore.RemoteStorage.S3;
using Snapstore.RemoteStorage.Sftp;
using Snapstore.Storage;

namespace Snapstore.Cli;

/// <summary>How fast bytes may go to and come from a remote storage; null for as fast as they can.</summary>
internal readonly record struct TransferLimits(RateLimit? Upload, RateLimit? Download);

/// <summary>From a repository's location, as the user writes it, to its storage: a directory, an object store (s3:, oss:), or a directory of another machine (sftp:).</summary>
/// <remarks>A directory of such a name is reached as ./s3:NAME.</remarks>
internal static class StoragePlaces
{
    /// <summary>Makes sure that the location is of a kind that this program reaches, before anything is asked or made.</summary>
    /// <exception cref="UsageException">It is not. Its text is not shown: it may hold a password.</exception>
    public static void Check(string location)
    {
        if (S3Location.IsMeant(location))
            _ = S3Location.Parse(location);
        else if (SftpLocation.IsMeant(location))
            _ = SftpLocation.Parse(location);
        else if (location.Contains("://", StringComparison.Ordinal))
            throw new UsageException("the repository's location is none that this program can reach: name a directory, s3:https://ENDPOINT/BUCKET/PREFIX, or sftp:USER@HOST:/PATH");
    }

    /// <summary>True where reading takes a network.</summary>
    public static bool IsFar(string location) => S3Location.IsMeant(location) || SftpLocation.IsMeant(location);

    /// <summary>Opens the storage there.</summary>
    public static IStorage Open(string location, TransferLimits limits = default)
    {
        Check(location);
        if (S3Location.IsMeant(location))
            return S3Storage.Open(S3Location.Parse(location), Settings(limits));
        if (SftpLocation.IsMeant(location))
            return SftpStorage.Open(SftpLocation.Parse(location), SftpSettings(limits));
        RefuseLimits(limits);
        return LocalStorage.Open(location);
    }

    /// <summary>Opens the place for a new repository, making the directory where it is missing, and the bucket if that is asked for.</summary>
    public static IStorage Create(string location, TransferLimits limits, bool makeBucket, ObjectLockTerms? terms = null)
    {
        Check(location);
        if (S3Location.IsMeant(location))
            return S3Storage.Create(S3Location.Parse(location), makeBucket, Settings(limits), terms);
        if (terms is not null)
            throw new UsageException("--object-lock is for a repository in an object store (s3:): no directory can keep its owner from deleting");
        if (makeBucket)
            throw new UsageException("--create-bucket is for a repository in an object store (s3:, oss:)");
        if (SftpLocation.IsMeant(location))
            return SftpStorage.Create(SftpLocation.Parse(location), SftpSettings(limits));
        RefuseLimits(limits);
        return LocalStorage.Create(location);
    }

    private static S3Settings Settings(TransferLimits limits) => new() { Upload = limits.Upload, Download = limits.Download };

    private static SftpSettings SftpSettings(TransferLimits limits) => new()
    {
        Command = Environment.GetEnvironmentVariable(RemoteStorage.Sftp.SftpSettings.CommandVariable),
        Upload = limits.Upload,
        Download = limits.Download,
    };

    private static void RefuseLimits(TransferLimits limits)
    {
        if (limits.Upload is not null || limits.Download is not null)
            throw new UsageException("--limit-upload and --limit-download are for a repository in an object store (s3:, oss:) or on another machine (sftp:)");
    }
}
