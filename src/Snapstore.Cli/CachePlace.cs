using System.Text;
using Snapstore.Hashing;
using Snapstore.Repositories;

namespace Snapstore.Cli;

/// <summary>Where this user's caches of repositories far away lie, and how large they may be (spec/cache.md).</summary>
internal static class CachePlace
{
    private const long SizeDefault = 2L << 30, SizeMin = 16 << 20;
    private const int PlaceHashSize = 8;

    /// <summary>The folder; every repository has a folder of its own in it.</summary>
    public static string Folder
    {
        get
        {
            string? named = Environment.GetEnvironmentVariable("SNAPSTORE_CACHE_DIR");
            if (!string.IsNullOrEmpty(named))
                return named;
            string? caches = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
            string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            return Path.Combine(string.IsNullOrEmpty(caches) ? Path.Combine(home, ".cache") : caches, "snapstore");
        }
    }

    /// <summary>Bytes that the cache of one repository may have.</summary>
    /// <exception cref="UsageException">$SNAPSTORE_CACHE_SIZE is no size, or too small.</exception>
    public static long SizeMax
    {
        get
        {
            string? text = Environment.GetEnvironmentVariable("SNAPSTORE_CACHE_SIZE");
            if (string.IsNullOrEmpty(text))
                return SizeDefault;
            long size = Quantity.ParseBytes(text);
            return size >= SizeMin ? size : throw new UsageException($"SNAPSTORE_CACHE_SIZE is {text}: give 16MiB or more, or use --no-cache");
        }
    }

    /// <summary>The cache of a repository in one place: a mirror has the same id, and after a while other labels and locks.</summary>
    public static LocalCache Of(SessionId repository, string location)
    {
        Span<byte> hash = stackalloc byte[Blake3.HashSize];
        Blake3.Hash(Encoding.UTF8.GetBytes(location), hash);
        return new LocalCache(Path.Combine(Folder, $"{repository}-{Convert.ToHexStringLower(hash[..PlaceHashSize])}"), SizeMax);
    }

    /// <summary>The repository whose cache a folder of this name is; false where it is none.</summary>
    public static bool TryParse(string folder, out SessionId repository) => SessionId.TryParse(folder.Split('-')[0], out repository);
}
