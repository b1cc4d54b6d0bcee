using System.CommandLine;

namespace Snapstore.Cli;

/// <summary>One verb: its options and arguments (declared in the constructor), what its help tells, and what it does.</summary>
internal abstract class VerbCommand : Command
{
    /// <summary>Exit codes that most verbs share.</summary>
    protected static readonly (int Code, string Meaning)[] RepositoryExits =
    [
        (ExitCode.Done, "done"),
        (ExitCode.Failed, "failed"),
        (ExitCode.Usage, "wrong usage, or no such snapshot"),
        (ExitCode.Damage, "damage found"),
        (10, "there is no repository"),
        (12, "wrong password or key file"),
        (ExitCode.Interrupted, "interrupted"),
    ];

    protected VerbCommand(string name, string description)
        : base(name, description)
    {
    }

    /// <summary>What its exit codes mean, for its help.</summary>
    public virtual IReadOnlyList<(int Code, string Meaning)> Exits => RepositoryExits;

    /// <summary>Command lines that work, each with what it does.</summary>
    public abstract IReadOnlyList<(string Line, string Meaning)> Examples { get; }

    /// <summary>What its help tells beyond options; may be empty.</summary>
    public virtual string Remarks => "";

    /// <summary>True where the verb heeds the context's token; then the first Ctrl-C asks it to end, else it ends the program.</summary>
    public virtual bool EndsCleanly => false;

    /// <summary>Does it; returns the exit code.</summary>
    public abstract int Run(CommandContext context);

    /// <summary>The shared exit codes with one more, in order.</summary>
    protected static IReadOnlyList<(int Code, string Meaning)> ExitsWith(params (int Code, string Meaning)[] more) =>
        [.. RepositoryExits.Where(exit => more.All(other => other.Code != exit.Code)).Concat(more).OrderBy(exit => exit.Code)];
}
