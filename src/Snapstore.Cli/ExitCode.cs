namespace Snapstore.Cli;

/// <summary>The exit codes of spec/cli.md. Those of failures stand on the exceptions themselves.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int Usage = 2;

    /// <summary>Something could not be read or restored as it was; the rest was done.</summary>
    public const int Incomplete = 3;

    public const int Damage = 4;
    public const int Interrupted = 130;

    /// <summary>Whoever read standard output closed it: what a shell reports for a program that SIGPIPE ended.</summary>
    public const int OutputClosed = 141;
}
