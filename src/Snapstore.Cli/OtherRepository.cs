using System.CommandLine;

namespace Snapstore.Cli;

/// <summary>The options that name a second repository and what opens it: --to REPO, --to-password-file and so on.</summary>
internal sealed class OtherRepository
{
    private readonly Option<string?> _location;
    private readonly Option<string?> _passwordFile;
    private readonly Option<string?> _passwordCommand;
    private readonly Option<string?> _keyFile;
    private readonly string _variables;

    /// <summary>Options of this word: "to" or "from".</summary>
    /// <param name="word">The word.</param>
    /// <param name="description">What the repository is for.</param>
    public OtherRepository(string word, string description)
    {
        _variables = $"SNAPSTORE_{word.ToUpperInvariant()}_";
        _location = Declare.Text($"--{word}", "REPO", description);
        _passwordFile = Declare.Text(
            $"--{word}-password-file", "FILE", $"Its password is the first line of FILE (else ${_variables}PASSWORD_FILE, or ${_variables}PASSWORD itself)");
        _passwordCommand = Declare.Text(
            $"--{word}-password-command", "COMMAND", $"Its password is the first line that COMMAND, run by sh, prints (else ${_variables}PASSWORD_COMMAND)");
        _keyFile = Declare.Text($"--{word}-key-file", "FILE", $"A key file opens it (else ${_variables}KEY_FILE)");
    }

    /// <summary>Declares them.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_location, _passwordFile, _passwordCommand, _keyFile])
            command.Options.Add(option);
    }

    /// <summary>True where it was named.</summary>
    /// <exception cref="UsageException">Only what opens it was.</exception>
    public bool IsGiven(CommandContext context)
    {
        bool isGiven = !string.IsNullOrEmpty(context.Value(_location));
        Option<string?>? lonely = isGiven ? null : ((Option<string?>[])[_passwordFile, _passwordCommand, _keyFile]).FirstOrDefault(option => !string.IsNullOrEmpty(context.Value(option)));
        return lonely is null ? isGiven : throw new UsageException($"{lonely.Name} is for {_location.Name}, which was not given");
    }

    /// <summary>How it is found and opened.</summary>
    /// <exception cref="UsageException">It was not named.</exception>
    public RepositoryAccess Access(CommandContext context)
    {
        if (!IsGiven(context))
            throw new UsageException($"the other repository was not named: use {_location.Name} {_location.HelpName}");
        return new RepositoryAccess(
            context.Parsed,
            () => context.Value(_location)!, () => SecretSource.Of(context.Parsed, _variables, _passwordFile, _passwordCommand, _keyFile));
    }
}
