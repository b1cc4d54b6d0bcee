using System.Diagnostics;

namespace Snapstore.RemoteStorage.S3;

/// <summary>Tells that a store is waited for: a call that fails again and again looks like a program that hangs. Thread safe.</summary>
/// <param name="tell">Whom; null for nobody.</param>
internal sealed class WaitNotice(Action<string>? tell)
{
    // A store that is busy for a moment is nobody's business; one that stays so is, but not once for each call.
    private static readonly TimeSpan After = TimeSpan.FromSeconds(3), Between = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private long? _told;

    /// <summary>A call waits for its next attempt.</summary>
    /// <param name="failing">From its first failure to its next attempt.</param>
    /// <param name="isSilence">True where the attempt itself was long, for nothing was answered.</param>
    /// <param name="explain">What to tell.</param>
    public void Add(TimeSpan failing, bool isSilence, Func<string> explain)
    {
        if (tell is null || (failing < After && !isSilence))
            return;
        lock (_gate)
        {
            if (_told is { } told && Stopwatch.GetElapsedTime(told) < Between)
                return;
            _told = Stopwatch.GetTimestamp();
        }

        tell(explain());
    }
}
