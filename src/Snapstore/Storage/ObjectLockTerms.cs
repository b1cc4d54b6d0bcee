using System.Globalization;

namespace Snapstore.Storage;

/// <summary>Who may lift a lock before its date.</summary>
public enum ObjectLockMode
{
    /// <summary>Nobody, not even the owner of the bucket.</summary>
    Compliance = 1,

    /// <summary>Whoever has the permission to (s3:BypassGovernanceRetention).</summary>
    Governance = 2,
}

/// <summary>For how long a repository keeps its objects locked in a storage that can (spec/object-lock.md).</summary>
/// <param name="Mode">Who may lift a lock.</param>
/// <param name="Days">Days that all that a snapshot needs stays locked after it, at least.</param>
public sealed record ObjectLockTerms(ObjectLockMode Mode, int Days)
{
    /// <summary>More days than this are a mistake that nobody could undo.</summary>
    public const int DaysMax = 3650;

    // A lock is set for longer than is needed, so that what later snapshots need again is locked anew once in that time and not
    // with every snapshot: a quarter of the days, within these bounds.
    private const int SpareShare = 4, SpareDaysMin = 1, SpareDaysMax = 30;

    /// <summary>Time between the last look at the locks and the commit of a snapshot.</summary>
    public static readonly TimeSpan Margin = TimeSpan.FromHours(1);

    /// <summary>By how much more than is needed a lock is set.</summary>
    public TimeSpan Spare => TimeSpan.FromDays(Math.Clamp((Days + SpareShare - 1) / SpareShare, SpareDaysMin, SpareDaysMax));

    /// <summary>True for objects that are locked: all but those that are to go soon, and without which nothing is lost.</summary>
    public static bool Covers(StorageKey key) =>
        !key.Name.StartsWith(StorageKey.SessionsPrefix, StringComparison.Ordinal)
        && !key.Name.StartsWith(StorageKey.ProbePrefix, StringComparison.Ordinal)
        && !key.TryParseWatch(out _, out _);

    /// <summary>Until when an object is locked that is locked now.</summary>
    public DateTimeOffset UntilFrom(DateTimeOffset now) => DueAt(now) + Spare;

    /// <summary>Until when an object must be locked at least that a snapshot needs which is taken now.</summary>
    public DateTimeOffset DueAt(DateTimeOffset now) => now + TimeSpan.FromDays(Days) + Margin;

    /// <summary>As it is written in a repository's config: "compliance:30".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{NameOf(Mode)}:{Days}");

    /// <summary>The word for a mode.</summary>
    public static string NameOf(ObjectLockMode mode) => mode == ObjectLockMode.Governance ? "governance" : "compliance";

    /// <summary>Takes apart what <see cref="ToString"/> wrote.</summary>
    /// <exception cref="UnsupportedException">A later program wrote it.</exception>
    public static ObjectLockTerms Parse(string text)
    {
        string[] parts = text.Split(':');
        ObjectLockMode? mode = parts[0] switch
        {
            "compliance" => ObjectLockMode.Compliance,
            "governance" => ObjectLockMode.Governance,
            _ => null,
        };
        return parts.Length == 2 && mode is { } known && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int days) && days is >= 1 and <= DaysMax
            ? new ObjectLockTerms(known, days)
            : throw new UnsupportedException("the repository locks its objects in a way that this program does not know: upgrade Snapstore");
    }
}
