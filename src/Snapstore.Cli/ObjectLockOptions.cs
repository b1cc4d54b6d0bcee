using System.CommandLine;
using Snapstore.Storage;

namespace Snapstore.Cli;

/// <summary>The options of `init` that lock objects in the storage (spec/object-lock.md).</summary>
internal sealed class ObjectLockOptions
{
    private readonly Option<int?> _days = Declare.Number(
        "--object-lock", "Lock all that a snapshot needs in the object store for N days after it: nobody can delete it before (s3:)");

    private readonly Option<string?> _mode = Declare.Choice(
        "--object-lock-mode", "Nobody can lift a lock (default), or whoever has s3:BypassGovernanceRetention can",
        ObjectLockTerms.NameOf(ObjectLockMode.Compliance), ObjectLockTerms.NameOf(ObjectLockMode.Governance));

    /// <summary>Declares them.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_days);
        command.Options.Add(_mode);
    }

    /// <summary>What they ask for; null for no locks.</summary>
    /// <exception cref="UsageException">The days are out of bounds, or there is a mode without days.</exception>
    public ObjectLockTerms? Read(CommandContext context)
    {
        string? mode = context.Value(_mode);
        if (context.Value(_days) is not { } days)
            return mode is null ? null : throw new UsageException("--object-lock-mode says how to lock, and not for how long: give --object-lock N, in days");
        if (days is < 1 or > ObjectLockTerms.DaysMax)
            throw new UsageException($"--object-lock {Quantity.Count(days)}: give 1 to {Quantity.Count(ObjectLockTerms.DaysMax)} days; a lock cannot be shortened afterwards");
        return new ObjectLockTerms(mode == ObjectLockTerms.NameOf(ObjectLockMode.Governance) ? ObjectLockMode.Governance : ObjectLockMode.Compliance, days);
    }

    /// <summary>What these terms mean, for people.</summary>
    public static string Describe(ObjectLockTerms terms) => terms.Mode == ObjectLockMode.Compliance
        ? $"all that a snapshot needs is locked for {Quantity.Count(terms.Days, "day")} after it, and up to {Quantity.Count((int)terms.Spare.TotalDays)} more: nobody can delete it before, nor end what it costs"
        : $"all that a snapshot needs is locked for {Quantity.Count(terms.Days, "day")} after it, and up to {Quantity.Count((int)terms.Spare.TotalDays)} more, but for who may bypass it (s3:BypassGovernanceRetention): give that to no backed-up machine";
}
