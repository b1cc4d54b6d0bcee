using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Snapstore.Cli;

/// <summary>Ctrl-C, SIGTERM and SIGHUP. A verb that can end cleanly is asked to by the first and killed by the second;
/// any other, and a prompt for a password, ends at once.</summary>
internal sealed partial class Interruption : IDisposable
{
    private static readonly TimeSpan SameWish = TimeSpan.FromMilliseconds(300);

    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private readonly Output _output;
    private readonly bool _endsCleanly;
    private int _count;
    private long _first;

    public Interruption(Output output, bool endsCleanly)
    {
        _output = output;
        _endsCleanly = endsCleanly;
        Current = _source.Token;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, Handle),
        ];
    }

    /// <summary>The token of the verb that runs; none before.</summary>
    public static CancellationToken Current { get; private set; }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
        _source.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        bool wasPrompting = Terminal.ShowInput();
        int count = Interlocked.Increment(ref _count);
        if (count == 1)
            _first = Stopwatch.GetTimestamp();
        // GNU timeout sends its signal to the process and then to its group: that is one wish.
        if (count > 1 && Stopwatch.GetElapsedTime(_first) < SameWish)
            return;
        if (wasPrompting || !_endsCleanly || count > 1)
        {
            _output.AbandonProgress();
            _exit(ExitCode.Interrupted);
        }

        _source.Cancel();
        _output.NoteBeside("interrupted: ending cleanly; once more to stop at once");
    }

    [LibraryImport("libc")]
    private static partial void _exit(int code);
}
