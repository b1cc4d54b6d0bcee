using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Snapstore.Cli;

/// <summary>All that the program says. Results go to standard output, as text or as one JSON object a line (spec/cli.md);
/// errors, warnings, notes and the progress line go to standard error. Thread safe.</summary>
internal sealed class Output : IDisposable
{
    private const int BufferSize = 64 << 10;

    private static readonly JsonWriterOptions JsonOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock _lock = new();
    private readonly OutputOptions _options;
    private readonly Stream _out = new BufferedStream(new StandardStream(StandardStream.OutputFile), BufferSize);
    private readonly Stream _error = new StandardStream(StandardStream.ErrorFile);
    private readonly bool _isTerminal = Terminal.IsTerminal(StandardStream.OutputFile);
    private bool _isProgressShown;

    public Output(OutputOptions options)
    {
        _options = options;
        HasColours = _isTerminal && !options.IsJson
            && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");
        Current = this;
        ShowsProgress = !options.IsJson && !options.IsQuiet && Terminal.IsTerminal(StandardStream.ErrorFile);
    }

    /// <summary>That of the verb that runs.</summary>
    public static Output Current { get; private set; } = null!;

    /// <summary>True where standard output takes JSON objects.</summary>
    public bool IsJson => _options.IsJson;

    /// <summary>True where only results that were asked for are wanted.</summary>
    public bool IsQuiet => _options.IsQuiet;

    /// <summary>True where more is wanted.</summary>
    public bool IsVerbose => _options.IsVerbose;

    /// <summary>True where standard output understands colours and they are wanted.</summary>
    public bool HasColours { get; }

    /// <summary>True where a progress line may be drawn on standard error.</summary>
    public bool ShowsProgress { get; }

    /// <summary>Standard output for bytes as they are (`cat`, `export`); flushed when the program ends.</summary>
    public Stream Data => _out;

    /// <summary>Standard error for what another program says there.</summary>
    public void PassErrorOn(ReadOnlyMemory<byte> bytes)
    {
        lock (_lock)
        {
            ClearProgress();
            WriteError(bytes.Span);
        }
    }

    /// <summary>A line of text for people, asked for: printed even if quiet; nothing with --json.</summary>
    public void Line(string text = "")
    {
        if (!IsJson)
            Write(Encoding.UTF8.GetBytes(text + "\n"));
    }

    /// <summary>A line of text for people that only tells what was done: nothing with --json or if quiet.</summary>
    public void Tell(string text)
    {
        if (!IsQuiet)
            Line(text);
    }

    /// <summary>One JSON object on a line of standard output, its "type" first; nothing without --json.</summary>
    public void Json(string type, Action<Utf8JsonWriter> fields)
    {
        if (IsJson)
            Write(ObjectLine(type, fields));
    }

    /// <summary>The error that ends the program: text, or an object of type "error", on standard error.</summary>
    public void Error(string message, int exitCode) => Report("error", "snapstore: ", message, json => json.WriteNumber("exit_code", exitCode));

    /// <summary>Something that could not be done as it should while the rest goes on.</summary>
    public void Warning(string message) => Report("warning", "warning: ", message, _ => { });

    /// <summary>Something that the repository cannot give back as it was.</summary>
    public void Damage(string message) => Report("damage", "damage: ", message, _ => { });

    /// <summary>Something worth knowing and no reason to worry; nothing if quiet.</summary>
    public void Note(string message)
    {
        if (!IsQuiet)
            Report("note", "note: ", message, _ => { });
    }

    /// <summary>All messages of a list, and how many more there were than it keeps.</summary>
    public static void Each(MessageList messages, Action<string> print)
    {
        foreach (string message in messages)
            print(message);
        if (messages.Total > messages.Count)
            print($"{Quantity.Count(messages.Total - messages.Count)} more like these, not shown");
    }

    /// <summary>A note of a thread beside the one that prints results: standard output, which that one may be writing just now, is left alone.</summary>
    public void NoteBeside(string message)
    {
        if (!IsQuiet)
            ReportBeside(ReportLine("note", "note: ", message, _ => { }));
    }

    /// <summary>Text that stands out; as it is where there are no colours.</summary>
    public string Bold(string text) => Coloured("1", text);

    /// <summary>Text that stands back.</summary>
    public string Dim(string text) => Coloured("2", text);

    /// <summary>Text of something bad or removed.</summary>
    public string Red(string text) => Coloured("31", text);

    /// <summary>Text of something good or added.</summary>
    public string Green(string text) => Coloured("32", text);

    /// <summary>Text of something changed.</summary>
    public string Yellow(string text) => Coloured("33", text);

    /// <summary>Draws the progress line over the one before; it must fit the terminal's width.</summary>
    public void DrawProgress(string line)
    {
        lock (_lock)
        {
            _isProgressShown = true;
            WriteError(Encoding.UTF8.GetBytes("\r" + line + "\x1b[K"));
        }
    }

    /// <summary>Takes the progress line away.</summary>
    public void ClearProgress()
    {
        lock (_lock)
        {
            if (_isProgressShown)
                WriteError("\r\x1b[K"u8);
            _isProgressShown = false;
        }
    }

    /// <summary>Takes the progress line away if that is possible at once, for whoever is about to end the process.</summary>
    public void AbandonProgress()
    {
        if (!_lock.TryEnter())
            return;
        ClearProgress();
        _lock.Exit();
    }

    /// <summary>Makes what was said so far visible.</summary>
    public void Flush()
    {
        lock (_lock)
            _out.Flush();
    }

    /// <summary>Gives up what could not be written; whoever wants to know of a failure flushes first.</summary>
    public void Dispose()
    {
        _error.Dispose();
        try
        {
            _out.Dispose();
        }
        catch (Exception e) when (e is IOException or StorageException)
        {
        }
    }

    private string Coloured(string code, string text) => HasColours ? $"\x1b[{code}m{text}\x1b[0m" : text;

    private void Report(string type, string prefix, string message, Action<Utf8JsonWriter> more)
    {
        lock (_lock)
        {
            FlushBefore(type);
            ReportBeside(ReportLine(type, prefix, message, more));
        }
    }

    private byte[] ReportLine(string type, string prefix, string message, Action<Utf8JsonWriter> more)
    {
        string clean = Clean(message);
        return IsJson
            ? ObjectLine(type, json =>
            {
                json.WriteString("message", clean);
                more(json);
            })
            : Encoding.UTF8.GetBytes($"{prefix}{clean}\n");
    }

    private void ReportBeside(byte[] line)
    {
        lock (_lock)
        {
            ClearProgress();
            WriteError(line);
        }
    }

    // The error that ends the program is told even where it is that standard output cannot be written.
    private void FlushBefore(string type)
    {
        try
        {
            _out.Flush();
        }
        catch (Exception e) when (type == "error" && e is (IOException or StorageException))
        {
        }
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            if (_isTerminal)
                ClearProgress();
            _out.Write(bytes);
            if (_isTerminal)
                _out.Flush();
        }
    }

    // Nobody is left to be told that standard error is closed.
    private void WriteError(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _error.Write(bytes);
        }
        catch (Exception e) when (e is IOException or StorageException)
        {
        }
    }

    private static byte[] ObjectLine(string type, Action<Utf8JsonWriter> fields)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, JsonOptions))
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            fields(json);
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    // What stands in a message may come from a hostile repository: no byte of it steers the terminal.
    private static string Clean(string message)
    {
        if (!message.Any(c => char.IsControl(c) && c != '\n'))
            return message;
        StringBuilder clean = new();
        foreach (char c in message)
            _ = char.IsControl(c) && c != '\n' ? clean.Append(Escaped.Of(c)) : clean.Append(c);
        return clean.ToString();
    }
}
