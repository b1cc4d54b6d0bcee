using System.CommandLine;
using System.Runtime.CompilerServices;
using Snapstore.Crypto;
using Snapstore.RemoteStorage;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Cli;

/// <summary>Where a repository is and what opens it: from options, the environment, or a prompt on the terminal.</summary>
/// <param name="parsed">The arguments.</param>
/// <param name="locate">Where it is, as the user wrote it; throws where the user did not say.</param>
/// <param name="findSecret">What opens it.</param>
internal sealed class RepositoryAccess(ParseResult parsed, Func<string> locate, Func<SecretSource> findSecret)
{
    private const int AttemptsMax = 3;

    // All places of a run share them.
    private static readonly ConditionalWeakTable<ParseResult, SharedTransfer> TransferOfRuns = [];

    /// <summary>Where the repository is, as the user wrote it.</summary>
    /// <exception cref="UsageException">The user did not say.</exception>
    public string Location
    {
        get
        {
            string location = locate();
            StoragePlaces.Check(location);
            return location;
        }
    }

    // Of two places that are named, limits are meant for the one that is far; a directory refuses them where it is alone.
    private TransferOptions Transfer => !StoragePlaces.IsFar(Location) && NamesAnyFar() ? default : TransferOfRuns.GetValue(parsed, TransferOf).Transfer;

    /// <summary>That of `--repo`.</summary>
    public static RepositoryAccess Of(ParseResult parsed) => new(
        parsed,
        () => parsed.GetValue(GlobalOptions.Repository) is { Length: > 0 } given
            ? given
            : Environment.GetEnvironmentVariable("SNAPSTORE_REPOSITORY") is { Length: > 0 } named
                ? named
                : throw new UsageException("no repository was named: use --repo DIR or set SNAPSTORE_REPOSITORY"),
        () => SecretSource.Of(parsed));

    /// <summary>A place that is used without any key, such as a mirror.</summary>
    public static RepositoryAccess Keyless(ParseResult parsed, string location) =>
        new(parsed, () => location, () => throw new InvalidOperationException("a place that is used without a key"));

    /// <summary>Opens the place where the repository is, without any key.</summary>
    public IStorage OpenStorage() => StoragePlaces.Open(Location, Transfer);

    /// <summary>Opens the place, making the directory where it is missing.</summary>
    public IStorage CreateStorage() => StoragePlaces.Create(Location, Transfer, makeBucket: false);

    /// <summary>Opens the repository. A password typed wrong may be typed again.</summary>
    /// <exception cref="RepositoryNotFoundException">There is none; nothing was asked.</exception>
    /// <exception cref="WrongKeyException">The secret opens no slot.</exception>
    public Repository Open()
    {
        IStorage storage = OpenStorage();
        try
        {
            FoundRepository found = RepositoryOpener.Find(storage);
            return Open(storage, found, findSecret());
        }
        catch
        {
            storage.Dispose();
            throw;
        }
    }

    /// <summary>Makes sure that no repository stands in the directory already, without making it; what is far away tells when it is made.</summary>
    /// <exception cref="UsageException">One does.</exception>
    public void RefuseExisting()
    {
        if (StoragePlaces.IsFar(Location) || !Directory.Exists(Location))
            return;
        using IStorage storage = OpenStorage();
        RepositoryOpener.RefuseExisting(storage);
    }

    /// <summary>Opens the place for a new repository, making the directory where it is missing, and the bucket if that is asked for.</summary>
    /// <exception cref="UsageException">There is a repository already, or the place cannot lock objects and should.</exception>
    public IStorage Create(bool makeBucket, ObjectLockTerms? terms = null)
    {
        IStorage storage = StoragePlaces.Create(Location, Transfer, makeBucket, terms);
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

    private bool NamesAnyFar() => parsed.Tokens.Select(token => token.Value)
        .Append(Environment.GetEnvironmentVariable("SNAPSTORE_REPOSITORY") ?? "")
        .Any(StoragePlaces.IsFar);

    private static SharedTransfer TransferOf(ParseResult parsed) => new(new TransferOptions(
        Rate(parsed.GetValue(GlobalOptions.LimitUpload)), Rate(parsed.GetValue(GlobalOptions.LimitDownload)), Output.Current.NoteBeside, Interruption.Current));

    private static RateLimit? Rate(string? text) => text is null ? null : new RateLimit(Quantity.ParseBytes(text));

    private static Repository Open(IStorage storage, FoundRepository found, SecretSource source)
    {
        for (int attempt = 1; ; attempt++)
        {
            using SlotSecret secret = source.Read($"password for {Escaped.Text(storage.Location)}: ");
            try
            {
                return RepositoryOpener.Open(storage, found, secret);
            }
            catch (WrongKeyException) when (source.IsPrompt && attempt < AttemptsMax)
            {
                // Typed wrong: ask again. Or slots were changed while the prompt stood.
                found = RepositoryOpener.Find(storage);
            }
        }
    }

    private sealed record SharedTransfer(TransferOptions Transfer);
}
