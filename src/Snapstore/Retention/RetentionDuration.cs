using System.Globalization;
using System.Text;

namespace Snapstore.Retention;

/// <summary>A length of calendar time as rules write it: 1y5m7d2h (spec/retention.md); the default is no time at all.</summary>
public readonly record struct RetentionDuration
{
    private const string Units = "ymwdh";

    /// <summary>A duration of so many of each unit.</summary>
    public RetentionDuration(int years = 0, int months = 0, int weeks = 0, int days = 0, int hours = 0)
    {
        foreach (int amount in (ReadOnlySpan<int>)[years, months, weeks, days, hours])
            ArgumentOutOfRangeException.ThrowIfNegative(amount);
        (Years, Months, Weeks, Days, Hours) = (years, months, weeks, days, hours);
    }

    /// <summary>Calendar years.</summary>
    public int Years { get; }

    /// <summary>Calendar months.</summary>
    public int Months { get; }

    /// <summary>Weeks of seven calendar days.</summary>
    public int Weeks { get; }

    /// <summary>Calendar days.</summary>
    public int Days { get; }

    /// <summary>Hours of 60 minutes.</summary>
    public int Hours { get; }

    /// <summary>True where it is no time at all: a rule of that duration keeps nothing.</summary>
    public bool IsZero => this == default;

    /// <summary>Reads the text of a duration.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static RetentionDuration Parse(string text) => TryParse(text, out RetentionDuration duration)
        ? duration
        : throw new UsageException($"'{text}' is no duration: write whole numbers of y, m (months), w, d and h, each once, such as 1y5m7d2h");

    /// <summary>Reads the text of a duration; false where it is none.</summary>
    public static bool TryParse(string? text, out RetentionDuration duration)
    {
        duration = default;
        if (string.IsNullOrEmpty(text))
            return false;
        Span<int> amounts = [-1, -1, -1, -1, -1];
        for (ReadOnlySpan<char> rest = text; !rest.IsEmpty;)
        {
            int digits = rest.IndexOfAnyExceptInRange('0', '9');
            int unit = digits > 0 ? Units.IndexOf(rest[digits], StringComparison.Ordinal) : -1;
            if (unit < 0 || amounts[unit] >= 0)
                return false;
            if (!int.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out amounts[unit]))
                return false;
            rest = rest[(digits + 1)..];
        }

        duration = new RetentionDuration(At(amounts[0]), At(amounts[1]), At(amounts[2]), At(amounts[3]), At(amounts[4]));
        return true;

        static int At(int amount) => Math.Max(amount, 0);
    }

    /// <summary>The text that <see cref="Parse"/> reads, largest unit first; "0h" for no time at all.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        ReadOnlySpan<int> amounts = [Years, Months, Weeks, Days, Hours];
        for (int i = 0; i < amounts.Length; i++)
        {
            if (amounts[i] != 0)
                text.Append(CultureInfo.InvariantCulture, $"{amounts[i]}{Units[i]}");
        }

        return text.Length == 0 ? "0h" : text.ToString();
    }
}
