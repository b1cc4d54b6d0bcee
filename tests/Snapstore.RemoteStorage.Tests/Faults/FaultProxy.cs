using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Snapstore.RemoteStorage.Tests.Faults;

/// <summary>Stands between a client and a store on loopback, and does to each request what it is told to.</summary>
/// <remarks>Every message is taken in whole before it goes on; the host in its head stays, because it is signed.</remarks>
internal sealed class FaultProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly int _store;
    private readonly Func<HttpMessage, Fault> _choose;
    private readonly TimeSpan _latency;
    private readonly ConcurrentDictionary<Fault, int> _counts = [];
    private int _underWay;
    private int _mostUnderWay;

    /// <summary>A proxy to the store at this port; every answer comes later by the latency.</summary>
    public FaultProxy(int store, Func<HttpMessage, Fault> choose, TimeSpan latency = default)
    {
        (_store, _choose, _latency) = (store, choose, latency);
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = Task.Run(Accept);
    }

    /// <summary>Its port on loopback.</summary>
    public int Port { get; }

    /// <summary>How often each fault came to pass.</summary>
    public IReadOnlyDictionary<Fault, int> Counts => _counts;

    /// <summary>The most requests that were on their way at a time.</summary>
    public int MostUnderWay => Volatile.Read(ref _mostUnderWay);

    public void Dispose()
    {
        _end.Cancel();
        _listener.Dispose();
        _end.Dispose();
    }

    private async Task Accept()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptSocketAsync(_end.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }

            _ = Task.Run(() => Carry(socket));
        }
    }

    private async Task Carry(Socket socket)
    {
        socket.NoDelay = true;
        using Socket onward = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await onward.ConnectAsync(IPAddress.Loopback, _store, _end.Token);
            using BufferedStream client = new(new NetworkStream(socket)), store = new(new NetworkStream(onward));
            while (await HttpMessage.Read(client, hasNoBody: false, _end.Token) is { } request)
            {
                InterlockedMax(Interlocked.Increment(ref _underWay));
                try
                {
                    if (!await Pass(request, socket, client, store))
                        return;
                }
                finally
                {
                    Interlocked.Decrement(ref _underWay);
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The client gave up, as it should now and then.
        }
        finally
        {
            socket.Dispose();
        }
    }

    // False where the connection ends with it.
    private async Task<bool> Pass(HttpMessage request, Socket socket, BufferedStream client, BufferedStream store)
    {
        Fault fault = Fitting(_choose(request), request);
        _counts.AddOrUpdate(fault, 1, (_, count) => count + 1);
        if (await Before(fault, socket, client) is { } isKept)
            return isKept;
        HttpMessage sent = fault == Fault.DamagedRequest ? Damaged(request) : request;
        HttpMessage answer = await Ask(sent, store);
        if (fault == Fault.Replayed)
            answer = await Ask(sent, store);
        if (_latency > TimeSpan.Zero)
            await Task.Delay(_latency, _end.Token);
        return await After(fault, answer, socket, client);
    }

    // What makes no sense with a request is nothing.
    private static Fault Fitting(Fault fault, HttpMessage request) => fault switch
    {
        Fault.DamagedRequest when request.Body.Length == 0 => Fault.None,
        Fault.Replayed when request.Method != "PUT" => Fault.None,
        Fault.ShortAnswer when request.Method != "GET" => Fault.None,
        Fault.ErrorIn200 when request.Method != "POST" => Fault.None,
        _ => fault,
    };

    private async Task<bool?> Before(Fault fault, Socket socket, BufferedStream client)
    {
        switch (fault)
        {
            case Fault.InternalErrorBefore:
                return await Send(client, Error(500, "InternalError"));
            case Fault.BadGateway:
                return await Send(client, new HttpMessage(["HTTP/1.1 502 Bad Gateway", "Content-Type: text/html", "Content-Length: 13"], "<p>no way</p>"u8.ToArray()));
            case Fault.SlowDown:
                return await Send(client, Error(503, "SlowDown"));
            case Fault.TooManyRequests:
                return await Send(client, Error(429, "TooManyRequests"));
            case Fault.Conflict:
                return await Send(client, Error(409, "ConditionalRequestConflict"));
            case Fault.ResetBefore:
                return Reset(socket);
            case Fault.HangBefore:
                return await Hang(client);
            default:
                return null;
        }
    }

    private async Task<bool> After(Fault fault, HttpMessage answer, Socket socket, BufferedStream client)
    {
        switch (fault)
        {
            case Fault.InternalErrorAfter:
                return await Send(client, Error(500, "InternalError"));
            case Fault.ErrorIn200:
                return await Send(client, Error(200, "InternalError"));
            case Fault.ResetAfter:
                return Reset(socket);
            case Fault.HangAfter:
                return await Hang(client);
            case Fault.CutAnswer:
                byte[] whole = answer.ToBytes();
                await client.WriteAsync(whole.AsMemory(0, whole.Length - 1 - (answer.Body.Length / 2)), _end.Token);
                await client.FlushAsync(_end.Token);
                return false;
            case Fault.ShortAnswer when answer.Body.Length > 0 && answer.Header("Content-Length") is not null:
                byte[] half = answer.Body[..(answer.Body.Length / 2)];
                return await Send(client, answer.With("Content-Length", half.Length.ToString(CultureInfo.InvariantCulture)) with { Body = half });
            case Fault.SlowAnswer:
                return await Drip(client, answer.ToBytes());
            case Fault.WrongTag:
                return await Send(client, answer.With("ETag", "\"00112233445566778899aabbccddeeff\""));
            default:
                return await Send(client, answer);
        }
    }

    private async Task<HttpMessage> Ask(HttpMessage request, BufferedStream store)
    {
        await store.WriteAsync(request.ToBytes(), _end.Token);
        await store.FlushAsync(_end.Token);
        return await HttpMessage.Read(store, request.Method == "HEAD", _end.Token) ?? throw new EndOfStreamException();
    }

    private async Task<bool> Send(BufferedStream client, HttpMessage answer)
    {
        await client.WriteAsync(answer.ToBytes(), _end.Token);
        await client.FlushAsync(_end.Token);
        return true;
    }

    private async Task<bool> Drip(BufferedStream client, byte[] bytes)
    {
        const int Drops = 4;
        for (int i = 0; i < Drops; i++)
        {
            await client.WriteAsync(bytes.AsMemory()[(bytes.Length * i / Drops)..(bytes.Length * (i + 1) / Drops)], _end.Token);
            await client.FlushAsync(_end.Token);
            await Task.Delay(3, _end.Token);
        }

        return true;
    }

    private static bool Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
        return false;
    }

    // Until the client has had enough.
    private async Task<bool> Hang(BufferedStream client)
    {
        byte[] more = new byte[1];
        while (await client.ReadAsync(more, _end.Token) > 0)
        {
        }

        return false;
    }

    private static HttpMessage Damaged(HttpMessage request)
    {
        byte[] body = [.. request.Body];
        body[body.Length / 3] ^= 0x40;
        return request with { Body = body };
    }

    private static HttpMessage Error(int status, string code)
    {
        byte[] body = Encoding.UTF8.GetBytes($"<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>made by a test</Message></Error>");
        return new HttpMessage([$"HTTP/1.1 {status} Made", "Content-Type: application/xml", $"Content-Length: {body.Length}"], body);
    }

    private void InterlockedMax(int value)
    {
        for (int seen = MostUnderWay; value > seen && Interlocked.CompareExchange(ref _mostUnderWay, value, seen) != seen; seen = MostUnderWay)
        {
        }
    }
}
