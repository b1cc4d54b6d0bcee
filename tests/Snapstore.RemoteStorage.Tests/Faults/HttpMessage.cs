using System.Globalization;
using System.Text;

namespace Snapstore.RemoteStorage.Tests.Faults;

/// <summary>A request or an answer of HTTP/1.1, whole.</summary>
internal sealed record HttpMessage(IReadOnlyList<string> Lines, byte[] Body)
{
    private const string EndOfHead = "\r\n\r\n";

    /// <summary>The method of a request.</summary>
    public string Method => Lines[0][..Lines[0].IndexOf(' ', StringComparison.Ordinal)];

    /// <summary>The path and query of a request.</summary>
    public string Target => Lines[0].Split(' ')[1];

    /// <summary>Reads one; null where the stream ended before it began.</summary>
    public static async Task<HttpMessage?> Read(BufferedStream stream, bool hasNoBody, CancellationToken cancel)
    {
        StringBuilder head = new();
        byte[] one = new byte[1];
        while (!EndsHead(head))
        {
            if (await stream.ReadAsync(one, cancel) == 0)
                return head.Length == 0 ? null : throw new EndOfStreamException();
            head.Append((char)one[0]);
        }

        string[] lines = head.ToString()[..^EndOfHead.Length].Split("\r\n");
        string status = lines[0].StartsWith("HTTP/", StringComparison.Ordinal) ? lines[0].Split(' ')[1] : "";
        if (status == "100")
            return await Read(stream, hasNoBody, cancel);
        HttpMessage message = new(lines, []);
        bool isEmpty = hasNoBody || status is "204" or "304";
        return isEmpty ? message : message with { Body = await ReadBody(stream, message, cancel) };
    }

    /// <summary>The value of a header; null where there is none.</summary>
    public string? Header(string name) => Lines.Skip(1).FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();

    /// <summary>The same with another value of a header that it has.</summary>
    public HttpMessage With(string name, string value) =>
        this with { Lines = [.. Lines.Select(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase) ? $"{name}: {value}" : line)] };

    /// <summary>All of its bytes.</summary>
    public byte[] ToBytes() => [.. Encoding.Latin1.GetBytes(string.Join("\r\n", Lines) + EndOfHead), .. Body];

    private static bool EndsHead(StringBuilder head) =>
        head.Length >= 4 && head[^1] == '\n' && head[^2] == '\r' && head[^3] == '\n' && head[^4] == '\r';

    private static async Task<byte[]> ReadBody(BufferedStream stream, HttpMessage head, CancellationToken cancel)
    {
        if (head.Header("Transfer-Encoding") is { } encoding && encoding.Contains("chunked", StringComparison.OrdinalIgnoreCase))
            return await ReadChunks(stream, cancel);
        byte[] body = new byte[int.Parse(head.Header("Content-Length") ?? "0", CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body, cancel);
        return body;
    }

    // As they are on the wire: nobody here looks into them.
    private static async Task<byte[]> ReadChunks(BufferedStream stream, CancellationToken cancel)
    {
        List<byte> raw = [];
        while (true)
        {
            int start = raw.Count;
            byte[] one = new byte[1];
            do
            {
                await stream.ReadExactlyAsync(one, cancel);
                raw.Add(one[0]);
            }
            while (one[0] != '\n');
            int size = int.Parse(Encoding.ASCII.GetString([.. raw.Skip(start)]).Trim().Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            byte[] chunk = new byte[size + 2];
            await stream.ReadExactlyAsync(chunk, cancel);
            raw.AddRange(chunk);
            if (size == 0)
                return [.. raw];
        }
    }
}
