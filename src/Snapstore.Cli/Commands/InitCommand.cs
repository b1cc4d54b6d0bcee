using System.CommandLine;
using Snapstore.Chunking;
using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Cli.Commands;

/// <summary>`init`: makes a repository.</summary>
internal sealed class InitCommand : VerbCommand
{
    public const string Summary = "Make a repository";

    private readonly Option<string?> _chunker = Declare.Text(
        "--chunker", "KIND:SIZE", "How content is cut: cdc:SIZE by content, or fixed:SIZE in blocks, for database files and disk images (default cdc:64KiB)");

    private readonly Option<bool> _createBucket = Declare.Flag("--create-bucket", "Make the bucket where it is missing (s3:, oss:)");

    private readonly ObjectLockOptions _objectLock = new();
    private readonly NewSecretOptions _newSecret = new(NewSecretUse.Init);
    private readonly OtherRepository _from = new("from", "Take the keys for blob ids and cuts from this repository, so that copies between the two are quick");

    public InitCommand()
        : base("init", Summary)
    {
        Options.Add(_chunker);
        Options.Add(_createBucket);
        _objectLock.AddTo(this);
        _newSecret.AddTo(this);
        _from.AddTo(this);
    }

    public override IReadOnlyList<(int Code, string Meaning)> Exits =>
    [
        (ExitCode.Done, "done"), (ExitCode.Failed, "failed"), (ExitCode.Usage, "wrong usage, or there is a repository already"),
        (12, "no password or key file"), (ExitCode.Interrupted, "interrupted"),
    ];

    public override IReadOnlyList<(string Line, string Meaning)> Examples =>
    [
        ("snapstore --repo /mnt/backup init", "Asks for a new password twice and makes a repository."),
        ("snapstore --repo /mnt/backup init --new-key-file /root/backup.key", "A repository that opens with a new key file: for machines."),
        ("snapstore --repo /mnt/offsite init --from /mnt/backup", "One with another password, to copy to without reading what is there already."),
        ("snapstore --repo s3:https://s3.eu-central-1.amazonaws.com/bucket/prod init --create-bucket", "In an object store; its credentials are taken from the environment or a profile."),
        ("snapstore --repo s3:https://s3.eu-central-1.amazonaws.com/locked init --create-bucket --object-lock 30", "The same, and nobody can delete what the snapshots of the last 30 days need."),
        ("snapstore --repo sftp:backup@host.example:/srv/snapstore init", "On another machine, by the system's ssh and its configuration."),
        ("snapstore --repo ssh:backup@host.example:/srv/snapstore init", "The same, served by the snapstore there: it can refuse deletions (serve-storage --append-only)."),
        ("snapstore --repo rclone:b2:bucket/backup init", "In any cloud that rclone is configured for."),
    ];

    public override string Remarks =>
        "Without its password or key file nobody can ever read the repository again: keep a copy of it elsewhere.";

    public override int Run(CommandContext context)
    {
        string? asked = context.Value(_chunker) is { } text ? ChunkerParameters.Parse(text).ToString() : null;
        KdfCost cost = _newSecret.Cost(context) ?? KdfCost.Default;
        ObjectLockTerms? terms = _objectLock.Read(context);
        string location = context.Access.Location;

        // All that can be refused is refused before anything is made.
        context.Access.RefuseExisting();
        using Repository? from = _from.IsGiven(context) ? _from.Access(context).Open() : null;
        string chunker = Chunker(asked, from);

        // A place far away tells only now whether it has one: before a password is typed for nothing.
        IStorage? far = StoragePlaces.IsFar(location) ? context.Access.Create(context.Value(_createBucket), terms) : null;
        using NewSecret secret = _newSecret.Read(context, $"new password for {Escaped.Text(location)}: ", SecretSource.Of(context.Parsed));
        KeyLabel label = _newSecret.Label(context);
        IStorage storage = far ?? context.Access.Create(context.Value(_createBucket), terms);
        using Repository repository = Create(storage, secret, () => RepositoryOpener.Create(
            storage, chunker, secret.Value, cost, label, ProgramVersion.Full, from?.Keys, terms, context.Time));

        context.Output.Tell($"repository {repository.Id.ToShortString()} made at {Escaped.Text(location)}");
        if (terms is not null)
            context.Output.Tell($"  {ObjectLockOptions.Describe(terms)}");
        context.Output.Json("repository", json =>
        {
            json.WriteString("id", repository.Id.ToString());
            json.WriteString("location", location);
            json.WriteString("chunker", repository.Config.Chunker);
            json.WriteString("key", repository.Slot.Id.ToString());
            if (terms is not null)
                json.WriteString("object_lock", terms.ToString());
            if (from is not null)
                json.WriteString("ids_of", from.Id.ToString());
        });
        return ExitCode.Done;
    }

    // The same cuts need the same parameters, not only the same key.
    private static string Chunker(string? asked, Repository? from) => from is null || asked is null || asked == from.Config.Chunker
        ? from?.Config.Chunker ?? asked ?? ChunkerParameters.Parse("cdc:64KiB").ToString()
        : throw new UsageException($"the repository of --from cuts by {from.Config.Chunker}, and with --from this one does as well: leave out --chunker");

    // A failed write leaves it open whether the repository stands; where it does, its only key must stay.
    private static Repository Create(IStorage storage, NewSecret secret, Func<Repository> create)
    {
        try
        {
            Repository repository = create();
            secret.Keep();
            return repository;
        }
        catch (StorageException)
        {
            if (storage.SizeOf(StorageKey.Config) is not null)
                secret.Keep();
            throw;
        }
    }
}
