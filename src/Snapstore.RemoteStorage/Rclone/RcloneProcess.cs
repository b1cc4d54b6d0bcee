using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using Snapstore.RemoteStorage.Ssh;

namespace Snapstore.RemoteStorage.Rclone;

/// <summary>One rclone that serves its remote control on loopback, and requests to it. Thread safe.</summary>
internal sealed partial class RcloneProcess : IDisposable
{
    private const string User = "snapstore";
    private const int PasswordSize = 32, CommandNotFound = 127;
    private static readonly TimeSpan PollTime = TimeSpan.FromMilliseconds(20), ExitTime = TimeSpan.FromSeconds(2);

    private readonly RcloneSettings _settings;
    private readonly Process _process;
    private readonly ErrorTail _errors;
    private readonly HttpClient _client;
    private int _isDisposed;

    private RcloneProcess(RcloneSettings settings, Process process, string password)
    {
        (_settings, _process) = (settings, process);
        _errors = new ErrorTail(process.StandardError.BaseStream);
        // No proxy of the environment stands between this program and its child.
        SocketsHttpHandler connections = new() { UseProxy = false, AllowAutoRedirect = false, UseCookies = false };
        _client = new HttpClient(connections) { Timeout = Timeout.InfiniteTimeSpan };
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{User}:{password}")));
    }

    /// <summary>False when it is of no more use.</summary>
    public bool IsAlive
    {
        get
        {
            try
            {
                return !_process.HasExited;
            }
            catch (InvalidOperationException)
            {
                return false;
            }
        }
    }

    /// <summary>Starts one and waits until it listens.</summary>
    /// <exception cref="RcloneException">It does not.</exception>
    public static RcloneProcess Start(RcloneSettings settings)
    {
        Span<byte> random = stackalloc byte[PasswordSize];
        Randomness.Fill(random);
        string password = Convert.ToHexStringLower(random);
        Process process;
        try
        {
            process = Process.Start(RcloneCommand.Start(settings.Command, User, password))!;
        }
        catch (Win32Exception e)
        {
            throw new RcloneException($"/bin/sh, which runs rclone, cannot be run: {e.Message}");
        }

        RcloneProcess rclone = new(settings, process, password);
        try
        {
            rclone._client.BaseAddress = rclone.Address();
            return rclone;
        }
        catch
        {
            rclone.Dispose();
            throw;
        }
    }

    /// <summary>Sends a request; the response has its headers, and whoever called reads and disposes of it.</summary>
    /// <exception cref="RcloneException">There is no answer.</exception>
    public HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancel)
    {
        try
        {
            return _client.Send(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        }
        catch (Exception e) when (RcloneException.IsOfCall(e))
        {
            throw Lost(e, cancel);
        }
    }

    /// <summary>What it means that a call broke off.</summary>
    public RcloneException Lost(Exception cause, CancellationToken cancel)
    {
        if (cancel.IsCancellationRequested)
            return new RcloneException("rclone gives no answer in time") { Status = RcloneException.TimeOut };
        // Killed a moment ago, it may take another until that is seen.
        bool isOver = !IsAlive || WaitForExit(ExitTime);
        string said = isOver ? _errors.Last(ExitTime) : "";
        return new RcloneException(isOver ? $"rclone has ended{Said(said)}" : $"the connection to rclone was lost: {cause.Message}") { IsPassing = true };
    }

    /// <summary>Ends it.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        _client.Dispose();
        try
        {
            _process.StandardInput.Close();
            if (!_process.WaitForExit(ExitTime))
                _process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or Win32Exception or AggregateException)
        {
            // It is over already.
        }

        _process.Dispose();
    }

    private static string Said(string errors) => errors.Length > 0 ? $" ({errors})" : "";

    private Uri Address()
    {
        Stopwatch time = Stopwatch.StartNew();
        while (true)
        {
            bool isOver = !IsAlive;
            string said = _errors.Last(isOver ? ExitTime : PollTime);
            if (Announcement().Match(said) is { Success: true } found)
                return new Uri($"http://127.0.0.1:{found.Groups[1].Value}/");
            if (isOver)
                throw NotStarted(said);
            if (time.Elapsed > _settings.StartTime)
                throw new RcloneException($"rclone does not start within {_settings.StartTime.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s{Said(said)}");
        }
    }

    private RcloneException NotStarted(string said) => _process.ExitCode == CommandNotFound
        ? new RcloneException($"rclone cannot be run{Said(said)}: install it (package rclone, or https://rclone.org/install), or name it with {RcloneSettings.CommandVariable}")
        : new RcloneException($"rclone does not start{Said(said)}; version 1.60 or later is needed, and its configuration must open without a question (RCLONE_CONFIG_PASS)");

    private bool WaitForExit(TimeSpan time)
    {
        try
        {
            return _process.WaitForExit(time);
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }

    [GeneratedRegex(@"Serving remote control on http://127\.0\.0\.1:([0-9]+)/")]
    private static partial Regex Announcement();
}
