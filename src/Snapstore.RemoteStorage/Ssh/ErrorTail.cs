using System.Text;

namespace Snapstore.RemoteStorage.Ssh;

/// <summary>The end of what a process says on standard error, for messages.</summary>
internal sealed class ErrorTail
{
    private const int SizeMax = 2048, BlockSize = 1024, LinesMax = 4;

    private readonly Lock _lock = new();
    private readonly List<byte> _tail = [];
    private readonly Thread _reading;

    public ErrorTail(Stream errors)
    {
        _reading = new Thread(() => ReadAll(errors)) { IsBackground = true, Name = "ssh errors" };
        _reading.Start();
    }

    /// <summary>The last lines as one, once the process is over or the time is. What a server wrote cannot move the cursor.</summary>
    public string Last(TimeSpan time)
    {
        _reading.Join(time);
        byte[] bytes;
        lock (_lock)
            bytes = [.. _tail];
        string[] lines = Encoding.UTF8.GetString(bytes).Split(['\n', '\r'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return string.Concat(string.Join("; ", lines.TakeLast(LinesMax)).Select(c => char.IsControl(c) ? '?' : c)).TrimEnd('.');
    }

    private void ReadAll(Stream errors)
    {
        byte[] block = new byte[BlockSize];
        try
        {
            for (int count = errors.Read(block); count > 0; count = errors.Read(block))
            {
                lock (_lock)
                {
                    _tail.AddRange(block.AsSpan(0, count));
                    _tail.RemoveRange(0, Math.Max(0, _tail.Count - SizeMax));
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The process is over.
        }
    }
}
