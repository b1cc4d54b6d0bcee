using System.Globalization;
using System.Text;
using Snapstore.Text;

namespace Snapstore.Cli;

/// <summary>Where a run stands.</summary>
/// <param name="Items">Files (or packs) done.</param>
/// <param name="Noun">What they are.</param>
/// <param name="Bytes">Bytes done.</param>
/// <param name="BytesExpected">Bytes expected; 0 where unknown.</param>
/// <param name="Warnings">Warnings (or damage) so far.</param>
/// <param name="Current">The path at work, raw bytes; may be empty.</param>
internal readonly record struct ProgressState(
    long Items, string Noun, long Bytes, long BytesExpected, long Warnings, byte[] Current);

/// <summary>One line on standard error, redrawn while a run goes on: only on a terminal, gone at the end.</summary>
internal sealed class ProgressLine : IDisposable
{
    private const double FramesPerSecondDefault = 5, FramesPerSecondMax = 60;

    // The rate shown is that of the last seconds, not of the whole run: long enough to be calm, short enough to be true.
    private const double RateSeconds = 5;

    private readonly Output _output;
    private readonly Func<ProgressState> _read;
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly ITimer? _timer;
    private readonly Lock _lock = new();
    private readonly Queue<(TimeSpan Time, long Bytes)> _samples = [];
    private bool _isEnded;

    /// <summary>Begins to draw, where that is wanted; <paramref name="read"/> is called by another thread.</summary>
    public ProgressLine(Output output, TimeProvider time, Func<ProgressState> read)
    {
        _output = output;
        _read = read;
        _time = time;
        _start = time.GetTimestamp();
        double frames = FramesPerSecond(Environment.GetEnvironmentVariable("SNAPSTORE_PROGRESS_FPS"));
        if (!output.ShowsProgress || frames <= 0)
            return;
        TimeSpan period = TimeSpan.FromSeconds(1 / frames);
        _timer = time.CreateTimer(_ => Draw(), null, period, period);
    }

    /// <summary>Frames a second as the environment asks; the default where it does not, 0 for none.</summary>
    public static double FramesPerSecond(string? text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double frames)
            ? Math.Min(frames, FramesPerSecondMax)
            : FramesPerSecondDefault;

    /// <summary>The line, no wider than the terminal.</summary>
    public static string Format(ProgressState state, double bytesPerSecond, int width)
    {
        StringBuilder line = new();
        line.Append(CultureInfo.InvariantCulture, $"{Quantity.Count(state.Items)} {state.Noun}, {Quantity.Bytes(state.Bytes)}");
        if (state.BytesExpected > 0 && state.Bytes <= state.BytesExpected)
            line.Append(CultureInfo.InvariantCulture, $" of {Quantity.Bytes(state.BytesExpected)} ({100.0 * state.Bytes / state.BytesExpected:0}%)");
        line.Append(CultureInfo.InvariantCulture, $", {Quantity.Bytes((long)bytesPerSecond)}/s");
        if (SecondsLeft(state, bytesPerSecond) is { } seconds)
            line.Append(CultureInfo.InvariantCulture, $", {Quantity.Clock(TimeSpan.FromSeconds(seconds))} left");
        if (state.Warnings > 0)
            line.Append(CultureInfo.InvariantCulture, $", {Quantity.Count(state.Warnings, "warning")}");
        if (state.Current.Length > 0)
            line.Append("  ").Append(PrintablePath.Of(state.Current));
        return Cut(line.ToString(), width - 1);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer?.Dispose();
        lock (_lock)
            _isEnded = true;
        _output.ClearProgress();
    }

    private static double? SecondsLeft(ProgressState state, double bytesPerSecond)
    {
        long left = state.BytesExpected - state.Bytes;
        double seconds = left / bytesPerSecond;
        return left > 0 && bytesPerSecond > 0 && seconds < 100 * 86_400 ? seconds : null;
    }

    // The figures stay, the path behind them loses its end.
    private static string Cut(string line, int width)
    {
        int used = 0;
        StringBuilder cut = new();
        foreach (Rune rune in line.EnumerateRunes())
        {
            // Wide scripts take two columns; counting too many of them only shortens the line.
            int columns = rune.Value >= 0x1100 ? 2 : 1;
            if (used + columns > width - 1)
                return used < width ? cut.Append('…').ToString() : cut.ToString();
            cut.Append(rune.ToString());
            used += columns;
        }

        return cut.ToString();
    }

    private void Draw()
    {
        lock (_lock)
        {
            if (_isEnded)
                return;
            ProgressState state = _read();
            double rate = Rate(_time.GetElapsedTime(_start), state.Bytes);
            _output.DrawProgress(Format(state, rate, Terminal.Width(StandardStream.ErrorFile)));
        }
    }

    private double Rate(TimeSpan now, long bytes)
    {
        _samples.Enqueue((now, bytes));
        while (_samples.Count > 2 && (now - _samples.Peek().Time).TotalSeconds > RateSeconds)
            _samples.Dequeue();
        (TimeSpan time, long before) = _samples.Count > 1 ? _samples.Peek() : (TimeSpan.Zero, 0);
        double seconds = (now - time).TotalSeconds;
        return seconds > 0 ? Math.Max(0, bytes - before) / seconds : 0;
    }
}
