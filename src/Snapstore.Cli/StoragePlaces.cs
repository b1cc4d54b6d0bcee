using Snapstore.RemoteStorage.S3;
using Snapstore.Storage;

namespace Snapstore.Cli;

/// <summary>From a repository's location, as the user writes it, to its storage: a directory, or an object store (s3:, oss:).</summary>
/// <remarks>A directory of such a name is reached as ./s3:NAME.</remarks>
internal static class StoragePlaces
{
    /// <summary>Makes sure that the location is of a kind that this program reaches, before anything is asked or made.</summary>
    /// <exception cref="UsageException">It is not. Its text is not shown: it may hold a password.</exception>
    public static void Check(string location)
    {
        if (S3Location.IsMeant(location))
            _ = S3Location.Parse(location);
        else if (location.Contains("://", StringComparison.Ordinal))
            throw new UsageException("the repository's location is none that this program can reach: name a directory, or s3:https://ENDPOINT/BUCKET/PREFIX");
    }

    /// <summary>True where reading takes a network.</summary>
    public static bool IsFar(string location) => S3Location.IsMeant(location);

    /// <summary>Opens the storage there.</summary>
    public static IStorage Open(string location)
    {
        Check(location);
        return S3Location.IsMeant(location) ? S3Storage.Open(S3Location.Parse(location)) : LocalStorage.Open(location);
    }

    /// <summary>Opens the place for a new repository, making the directory where it is missing, and the bucket if that is asked for.</summary>
    public static IStorage Create(string location, bool makeBucket)
    {
        Check(location);
        if (S3Location.IsMeant(location))
            return S3Storage.Create(S3Location.Parse(location), makeBucket);
        return makeBucket
            ? throw new UsageException("--create-bucket is for a repository in an object store (s3:, oss:)")
            : LocalStorage.Create(location);
    }
}
