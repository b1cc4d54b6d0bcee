using Snapstore.RemoteStorage;
using Snapstore.RemoteStorage.Rclone;
using Snapstore.RemoteStorage.S3;
using Snapstore.RemoteStorage.Served;
using Snapstore.RemoteStorage.Sftp;
using Snapstore.RemoteStorage.Ssh;
using Snapstore.Storage;

namespace Snapstore.Cli;

/// <summary>What holds for what goes to and comes from a remote storage.</summary>
/// <param name="Upload">How fast bytes may go up; null for as fast as they can.</param>
/// <param name="Download">The same, down.</param>
/// <param name="Tell">Told of a storage that is waited for; null for nobody.</param>
/// <param name="Cancel">Ends waiting for a storage that does not answer.</param>
internal readonly record struct TransferOptions(RateLimit? Upload, RateLimit? Download, Action<string>? Tell = null, CancellationToken Cancel = default);

/// <summary>From a repository's location, as the user writes it, to its storage: a directory, an object store (s3:, oss:), a directory of another machine (sftp:, ssh:), or what rclone reaches (rclone:).</summary>
/// <remarks>A directory of such a name is reached as ./s3:NAME.</remarks>
internal static class StoragePlaces
{
    /// <summary>Makes sure that the location is of a kind that this program reaches, before anything is asked or made.</summary>
    /// <exception cref="UsageException">It is not. Its text is not shown: it may hold a password.</exception>
    public static void Check(string location)
    {
        if (S3Location.IsMeant(location))
            _ = S3Location.Parse(location);
        else if (SshLocation.IsMeant(location))
            _ = SshLocation.Parse(location);
        else if (RcloneLocation.IsMeant(location))
            _ = RcloneLocation.Parse(location);
        else if (location.Contains("://", StringComparison.Ordinal))
            throw new UsageException("the repository's location is none that this program can reach: name a directory, s3:https://ENDPOINT/BUCKET/PREFIX, sftp:USER@HOST:/PATH, ssh:USER@HOST:/PATH or rclone:REMOTE:PATH");
    }

    /// <summary>True where reading takes a network.</summary>
    public static bool IsFar(string location) => S3Location.IsMeant(location) || SshLocation.IsMeant(location) || RcloneLocation.IsMeant(location);

    /// <summary>Opens the storage there.</summary>
    public static IStorage Open(string location, TransferOptions transfer = default)
    {
        Check(location);
        if (S3Location.IsMeant(location))
            return S3Storage.Open(S3Location.Parse(location), Settings(transfer));
        if (SshLocation.IsMeant(location))
            return OpenFolder(SshLocation.Parse(location), SshSettings(transfer));
        if (RcloneLocation.IsMeant(location))
            return RcloneStorage.Open(RcloneLocation.Parse(location), RcloneSettings(transfer));
        RefuseLimits(transfer);
        return LocalStorage.Open(location);
    }

    /// <summary>Opens the place for a new repository, making the directory where it is missing, and the bucket if that is asked for.</summary>
    public static IStorage Create(string location, TransferOptions transfer, bool makeBucket, ObjectLockTerms? terms = null)
    {
        Check(location);
        if (S3Location.IsMeant(location))
            return S3Storage.Create(S3Location.Parse(location), makeBucket, Settings(transfer), terms);
        if (terms is not null)
            throw new UsageException("--object-lock is for a repository in an object store (s3:): no directory can keep its owner from deleting");
        if (makeBucket)
            throw new UsageException("--create-bucket is for a repository in an object store (s3:, oss:)");
        if (SshLocation.IsMeant(location))
            return CreateFolder(SshLocation.Parse(location), SshSettings(transfer));
        // It makes folders as it puts into them.
        if (RcloneLocation.IsMeant(location))
            return RcloneStorage.Open(RcloneLocation.Parse(location), RcloneSettings(transfer));
        RefuseLimits(transfer);
        return LocalStorage.Create(location);
    }

    private static S3Settings Settings(TransferOptions transfer) => new() { Upload = transfer.Upload, Download = transfer.Download, Tell = transfer.Tell, Cancel = transfer.Cancel };

    private static IStorage OpenFolder(SshLocation place, SshSettings settings) => place.Scheme == SshLocation.Served
        ? ServedStorage.Open(place, ProgramVersion.Full, settings)
        : SftpStorage.Open(place, settings);

    private static IStorage CreateFolder(SshLocation place, SshSettings settings) => place.Scheme == SshLocation.Served
        ? ServedStorage.Create(place, ProgramVersion.Full, settings)
        : SftpStorage.Create(place, settings);

    private static SshSettings SshSettings(TransferOptions transfer) => new()
    {
        Command = Environment.GetEnvironmentVariable(RemoteStorage.Ssh.SshSettings.CommandVariable),
        Upload = transfer.Upload,
        Download = transfer.Download,
    };

    private static RcloneSettings RcloneSettings(TransferOptions transfer) => new()
    {
        Command = Environment.GetEnvironmentVariable(RemoteStorage.Rclone.RcloneSettings.CommandVariable),
        Upload = transfer.Upload,
        Download = transfer.Download,
    };

    private static void RefuseLimits(TransferOptions transfer)
    {
        if (transfer.Upload is not null || transfer.Download is not null)
            throw new UsageException("--limit-upload and --limit-download are for a repository in an object store (s3:, oss:) or on another machine (sftp:, ssh:, rclone:)");
    }
}
