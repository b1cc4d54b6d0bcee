using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Cli.Commands;

/// <summary>`key passwd`: another password in place of the one in use.</summary>
internal sealed class KeyPasswdCommand : VerbCommand
{
    private readonly NewSecretOptions _newSecret = new(NewSecretUse.Change);

    public KeyPasswdCommand()
        : base("passwd", "Change the password or key file in use") => _newSecret.AddTo(this);

    public override IReadOnlyList<(string Line, string Meaning)> Examples =>
    [
        ("snapstore key passwd", "Asks for the password in use, then twice for the new one."),
        ("snapstore key passwd --kdf strong", "The same, and makes each try of the new one four times as dear."),
    ];

    public override int Run(CommandContext context)
    {
        using Repository repository = context.OpenRepository();
        using NewSecret secret = _newSecret.Read(context, "new password: ");

        // Not asked for, the cost stays: a change of password must not make it cheaper to guess.
        KdfCost kept = repository.Slot.IsForKeyFile ? KdfCost.Default : repository.Slot.Cost;
        (KeySlot slot, DateTimeOffset? until) = KeySlots.Change(repository, secret.Value, _newSecret.Cost(context) ?? kept, secret.Keep);
        context.Output.Tell($"key {repository.Slot.Id.ToShortString()} replaced by {slot.Id.ToShortString()}");
        KeySlotText.TellLocked(context, until);
        context.Output.Json("key", json => KeySlotText.Write(json, repository, slot));
        return ExitCode.Done;
    }
}
