using System.CommandLine;
using System.CommandLine.Parsing;

namespace Snapstore.Cli;

/// <summary>The options that name further repositories to write a snapshot to, and what opens each: --also-to REPO, several times,
/// each with the --also-to-password-file (or -command, or --also-to-key-file) that stands behind it.</summary>
internal sealed class AlsoToOptions
{
    // As for `copy --to`: what could not be written is sent by that, in the same environment.
    private const string Variables = "SNAPSTORE_TO_";

    private readonly Option<string[]> _locations = Declare.Texts("--also-to", "REPO", "Write the snapshot to this repository too, reading the source once; it exists");
    private readonly Option<string[]> _passwordFiles = Declare.Texts(
        "--also-to-password-file", "FILE", $"Opens the --also-to before it: the first line of FILE (else ${Variables}PASSWORD_FILE, or ${Variables}PASSWORD itself)");

    private readonly Option<string[]> _passwordCommands = Declare.Texts(
        "--also-to-password-command", "COMMAND", $"The same: the first line that COMMAND, run by sh, prints (else ${Variables}PASSWORD_COMMAND)");

    private readonly Option<string[]> _keyFiles = Declare.Texts("--also-to-key-file", "FILE", $"The same: a key file (else ${Variables}KEY_FILE)");

    private IEnumerable<Option<string[]>> Secrets => [_passwordFiles, _passwordCommands, _keyFiles];

    /// <summary>Declares them.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_locations, .. Secrets])
            command.Options.Add(option);
    }

    /// <summary>How each of the repositories is found and opened, in the order they were named.</summary>
    /// <exception cref="UsageException">A secret stands before every repository, or two of one.</exception>
    public IReadOnlyList<RepositoryAccess> Read(CommandContext context)
    {
        List<(string Location, Dictionary<string, string> Secrets)> named = [];
        IReadOnlyList<Token> tokens = context.Parsed.Tokens;
        for (int i = 0; i + 1 < tokens.Count; i++)
        {
            (string name, string value) = (tokens[i].Value, tokens[i + 1].Value);
            if (tokens[i].Type != TokenType.Option)
                continue;
            if (name == _locations.Name)
                named.Add((value, []));
            else if (Secrets.Any(secret => secret.Name == name))
                AddSecret(named, name, value);
        }

        if (named.Count > Limits.FollowingCopiesMax)
            throw new UsageException($"{_locations.Name} is given {named.Count} times; {Limits.FollowingCopiesMax} are the most");
        return [.. named.Select(one => new RepositoryAccess(context.Parsed, () => one.Location, () => Secret(one.Secrets)))];
    }

    private void AddSecret(List<(string Location, Dictionary<string, string> Secrets)> named, string option, string value)
    {
        if (named.Count == 0)
            throw new UsageException($"{option} stands behind the {_locations.Name} whose repository it opens");
        if (!named[^1].Secrets.TryAdd(option, value))
            throw new UsageException($"{option} is given twice for {_locations.Name} {Escaped.Text(named[^1].Location)}; which is meant? Give one");
    }

    private SecretSource Secret(Dictionary<string, string> given) => SecretSource.Of(
        Variables,
        (_passwordFiles.Name, given.GetValueOrDefault(_passwordFiles.Name)),
        (_passwordCommands.Name, given.GetValueOrDefault(_passwordCommands.Name)),
        (_keyFiles.Name, given.GetValueOrDefault(_keyFiles.Name)));
}
