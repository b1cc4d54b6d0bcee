using System.CommandLine;
using Snapstore.Crypto;
using Snapstore.RemoteStorage;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Cli;

/// <summary>Where the repository is and what opens it: from options, the environment, or a prompt on the terminal.</summary>
internal sealed class RepositoryAccess(ParseResult parsed)
{
    private const int AttemptsMax = 3;

    /// <summary>Where the repository is, as the user wrote it.</summary>
    /// <exception cref="UsageException">The user did not say.</exception>
    public string Location
    {
        get
        {
            string? location = parsed.GetValue(GlobalOptions.Repository) ?? Environment.GetEnvironmentVariable("SNAPSTORE_REPOSITORY");
            if (string.IsNullOrEmpty(location))
                throw new UsageException("no repository was named: use --repo DIR or set SNAPSTORE_REPOSITORY");
            StoragePlaces.Check(location);
            return location;
        }
    }

    private TransferLimits Limits => new(
        Rate(parsed.GetValue(GlobalOptions.LimitUpload)), Rate(parsed.GetValue(GlobalOptions.LimitDownload)));

    /// <summary>Opens the place where the repository is, without any key.</summary>
    public IStorage OpenStorage() => StoragePlaces.Open(Location, Limits);

    /// <summary>Opens the repository. A password typed wrong may be typed again.</summary>
    /// <exception cref="RepositoryNotFoundException">There is none; nothing was asked.</exception>
    /// <exception cref="WrongKeyException">The secret opens no slot.</exception>
    public Repository Open()
    {
        IStorage storage = OpenStorage();
        try
        {
            _ = RepositoryOpener.ReadPlainConfig(storage);
            return Open(storage, SecretSource.Of(parsed));
        }
        catch
        {
            storage.Dispose();
            throw;
        }
    }

    /// <summary>Opens the place for a new repository, making the directory where it is missing, and the bucket if that is asked for.</summary>
    /// <exception cref="UsageException">There is a repository already.</exception>
    public IStorage Create(bool makeBucket)
    {
        IStorage storage = StoragePlaces.Create(Location, Limits, makeBucket);
        try
        {
            RepositoryOpener.RefuseExisting(storage);
            return storage;
        }
        catch
        {
            storage.Dispose();
            throw;
        }
    }

    private static RateLimit? Rate(string? text) => text is null ? null : new RateLimit(Quantity.ParseBytes(text));

    private static Repository Open(IStorage storage, SecretSource source)
    {
        for (int attempt = 1; ; attempt++)
        {
            using SlotSecret secret = source.Read($"password for {Escaped.Text(storage.Location)}: ");
            try
            {
                return RepositoryOpener.Open(storage, secret);
            }
            catch (WrongKeyException) when (source.IsPrompt && attempt < AttemptsMax)
            {
                // Typed wrong: ask again.
            }
        }
    }
}
