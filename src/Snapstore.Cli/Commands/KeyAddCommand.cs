using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Cli.Commands;

/// <summary>`key add`: one more password or key file.</summary>
internal sealed class KeyAddCommand : VerbCommand
{
    private readonly NewSecretOptions _newSecret = new(NewSecretUse.Add);

    public KeyAddCommand()
        : base("add", "Add a password or key file that opens the repository") => _newSecret.AddTo(this);

    public override IReadOnlyList<(string Line, string Meaning)> Examples =>
    [
        ("snapstore key add --name alice", "Asks for the password in use, then twice for the new one."),
        ("snapstore key add --new-key-file /root/backup.key --name web1", "Makes a key file for a machine."),
    ];

    public override int Run(CommandContext context)
    {
        using Repository repository = context.OpenRepository();
        repository.CheckWritable();
        using NewSecret secret = _newSecret.Read(context, "new password: ");
        KdfCost cost = _newSecret.Cost(context) ?? KdfCost.Default;
        KeySlot slot = KeySlots.Add(
            repository.Storage, repository.Id, repository.Keys, secret.Value, cost, _newSecret.Label(context));
        secret.Keep();
        context.Output.Tell($"key {slot.Id.ToShortString()} added");
        context.Output.Json("key", json => KeySlotText.Write(json, repository, slot));
        return ExitCode.Done;
    }
}
