using System.CommandLine;
using Snapstore.Crypto;
using Snapstore.Formats;

namespace Snapstore.Cli;

/// <summary>The options of verbs that take a new password or key file (`init`, `key add`, `key passwd`).</summary>
internal sealed class NewSecretOptions
{
    private readonly NewSecretUse _use;

    private readonly Option<string?> _passwordFile =
        Declare.Text("--new-password-file", "FILE", "Take the new password from the first line of FILE");

    private readonly Option<string?> _keyFile =
        Declare.Text("--new-key-file", "FILE", "Make a new random key file; FILE must not exist");

    private readonly Option<string?> _name = Declare.Text("--name", "NAME", "A name for the key, for 'key list'");

    private readonly Option<string?> _kdf = Declare.Choice(
        "--kdf", "How dear each try of the password is: 64 MiB, 256 MiB or 1 GiB of memory", "default", "strong", "paranoid");

    public NewSecretOptions(NewSecretUse use) => _use = use;

    /// <summary>Declares them.</summary>
    public void AddTo(Command command)
    {
        if (_use != NewSecretUse.Init)
            command.Options.Add(_passwordFile);
        command.Options.Add(_keyFile);
        if (_use != NewSecretUse.Change)
            command.Options.Add(_name);
        command.Options.Add(_kdf);
    }

    /// <summary>The cost asked for; null where none is.</summary>
    public KdfCost? Cost(CommandContext context) => context.Value(_kdf) switch
    {
        "default" => KdfCost.Default,
        "strong" => KdfCost.Strong,
        "paranoid" => KdfCost.Paranoid,
        _ => null,
    };

    /// <summary>The new slot's label.</summary>
    public KeyLabel Label(CommandContext context) => new(
        context.Value(_name) ?? "", Environment.MachineName, Environment.UserName, context.Time.GetUtcNow().ToUnixTimeSeconds());

    /// <summary>The new secret: a new key file, a password file, <paramref name="otherwise"/>, or a prompt that asks twice.</summary>
    public NewSecret Read(CommandContext context, string prompt, SecretSource? otherwise = null)
    {
        string? passwordFile = _use == NewSecretUse.Init ? null : context.Value(_passwordFile);
        string? keyFile = context.Value(_keyFile);
        if (passwordFile is not null && keyFile is not null)
            throw new UsageException("--new-password-file and --new-key-file are given at once; a key opens with one of them");
        if (keyFile is not null)
            return NewSecret.MakeKeyFile(keyFile);
        SecretSource source = passwordFile is not null ? SecretSource.OfPasswordFile(passwordFile)
            : otherwise is { IsPrompt: false } ? otherwise
            : SecretSource.OfNewPrompt();
        return NewSecret.Of(source.Read(prompt));
    }
}
