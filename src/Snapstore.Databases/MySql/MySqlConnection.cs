using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace Snapstore.Databases.MySql;

/// <summary>A connection that speaks the text protocol of MySQL and MariaDB. For one thread at a time; only
/// <see cref="Abort"/> may be called beside it.</summary>
internal sealed class MySqlConnection : IDisposable
{
    private const byte QueryCommand = 3, QuitCommand = 1;

    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly PacketWriter _writer;
    private bool _isClosed;

    private MySqlConnection(MySqlAddress address)
    {
        Address = address;
        _socket = ServerStream.Connect(address);
        _stream = new NetworkStream(_socket, ownsSocket: true);
        try
        {
            Packets = new PacketReader(_stream);
            _writer = new PacketWriter(_stream);
            Packets.Begin();
            byte[] first = Packets.ReadRest();
            if (first.Length > 0 && first[0] == 0xff)
                throw ServerError.Parse(first.AsSpan(1));
            ServerGreeting greeting = ServerGreeting.Parse(first);
            Version = greeting.Version;
            byte sequence = Packets.NextSequence;
            bool isEncrypted = ServerStream.WantsTls(address, greeting);
            if (isEncrypted)
            {
                ServerLogin.AskForTls(_writer, sequence++);
                _stream = ServerStream.Encrypt(_stream, address);
                Packets = new PacketReader(_stream);
                _writer = new PacketWriter(_stream);
            }

            new ServerLogin(Packets, _writer, address, isPrivate: isEncrypted || address.Socket is not null).Run(greeting, sequence, isEncrypted);
        }
        catch
        {
            _stream.Dispose();
            throw;
        }
    }

    /// <summary>Where it leads.</summary>
    public MySqlAddress Address { get; }

    /// <summary>The server's version as it says itself.</summary>
    public string Version { get; }

    /// <summary>True for MariaDB, false for MySQL and what descends from it.</summary>
    public bool IsMariaDb => Version.Contains("MariaDB", StringComparison.OrdinalIgnoreCase);

    /// <summary>What the server sends; for whoever reads rows.</summary>
    public PacketReader Packets { get; }

    /// <summary>Warnings of the last statement.</summary>
    public int Warnings { get; private set; }

    /// <summary>True where the server is of this version or a later one.</summary>
    public bool IsAtLeast(int major, int minor)
    {
        string[] parts = Version.Split('.', '-');
        return parts.Length > 1 && int.TryParse(parts[0], out int first) && int.TryParse(parts[1], out int second)
            && (first, second).CompareTo((major, minor)) >= 0;
    }

    /// <summary>Connects, logs in and makes the session one in which nothing depends on the server's settings.</summary>
    /// <exception cref="SourceException">It cannot be connected to, or it refuses.</exception>
    public static MySqlConnection Open(MySqlAddress address)
    {
        try
        {
            MySqlConnection connection = new(address);
            try
            {
                SessionSettings.Apply(connection);
                return connection;
            }
            catch
            {
                connection.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is MySqlRefusal or IOException or SocketException or AuthenticationException)
        {
            throw MySqlErrors.Explain(e, address, "connecting");
        }
    }

    /// <summary>Runs a statement that gives no rows; the number of rows it changed.</summary>
    /// <exception cref="MySqlRefusal">The server refuses.</exception>
    /// <exception cref="IOException">The connection was lost.</exception>
    public long Execute(string sql) => Execute(Encoding.UTF8.GetBytes(sql));

    /// <summary>Runs a statement given as bytes of the session's character set.</summary>
    public long Execute(ReadOnlySpan<byte> sql)
    {
        BeginStatement().Bytes(sql);
        return EndStatement();
    }

    /// <summary>Begins a statement whose text is written to what is returned; <see cref="EndStatement"/> sends the rest.</summary>
    public PacketWriter BeginStatement()
    {
        _writer.Begin(0);
        _writer.Byte(QueryCommand);
        return _writer;
    }

    /// <summary>Ends a statement; the number of rows it changed. Rows that it gives are passed over.</summary>
    public long EndStatement()
    {
        _writer.Send();
        (int columns, long affected) = ReadAnswer();
        if (columns == 0)
            return affected;
        while (NextRow())
            _ = Packets.ReadRest();
        return 0;
    }

    /// <summary>Runs a query with a small result; values are bytes of the session's character set, null for NULL.</summary>
    public List<byte[]?[]> Query(string sql)
    {
        int columns = BeginRows(sql);
        List<byte[]?[]> rows = [];
        while (NextRow())
        {
            byte[]?[] row = new byte[]?[columns];
            for (int i = 0; i < columns; i++)
                row[i] = Packets.ReadValue();
            rows.Add(row);
        }

        return rows;
    }

    /// <summary>As <see cref="Query"/>, as text.</summary>
    public List<string?[]> QueryText(string sql) => [.. Query(sql).Select(row => Array.ConvertAll(row, value => value is null ? null : Encoding.UTF8.GetString(value)))];

    /// <summary>The first value of the first row; null where there is none.</summary>
    public string? QueryValue(string sql) => QueryText(sql) is [[string value, ..], ..] ? value : null;

    /// <summary>Begins to read rows of a query: each is begun by <see cref="NextRow"/>, and read off <see cref="Packets"/>.</summary>
    /// <returns>The number of columns.</returns>
    public int BeginRows(string sql)
    {
        BeginStatement().Text(sql);
        _writer.Send();
        return ReadAnswer().Columns;
    }

    /// <summary>Begins the next row; false at the end, where the connection is free for the next statement.</summary>
    public bool NextRow()
    {
        Packets.Begin();
        byte kind = Packets.Peek()[0];
        if (kind == 0xff)
            throw ReadError();
        if (kind != 0xfe || Packets.FrameLength >= 9)
            return true;
        byte[] end = Packets.ReadRest();
        Warnings = end.Length >= 3 ? end[1] | (end[2] << 8) : 0;
        return false;
    }

    /// <summary>Ends the connection from another thread: what is being read or written fails.</summary>
    public void Abort()
    {
        _isClosed = true;
        _socket.Dispose();
    }

    /// <summary>Says goodbye where that is possible, and closes.</summary>
    public void Dispose()
    {
        try
        {
            if (!_isClosed)
            {
                _writer.Begin(0);
                _writer.Byte(QuitCommand);
                _writer.Send();
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The connection is gone already.
        }

        _isClosed = true;
        _stream.Dispose();
        _socket.Dispose();
    }

    private (int Columns, long Affected) ReadAnswer()
    {
        Packets.Begin();
        byte kind = Packets.Peek()[0];
        if (kind == 0xff)
            throw ReadError();
        if (kind == 0xfb)
            throw new IOException("the server asks for a file of this machine, which it does not get");
        long columns = Packets.ReadLength() ?? 0;
        if (columns == 0)
            return (0, ReadOk());
        for (long i = 0; i < columns; i++)
        {
            Packets.Begin();
            _ = Packets.ReadRest();
        }

        Packets.Begin();
        _ = Packets.ReadRest();
        return ((int)columns, 0);
    }

    private long ReadOk()
    {
        long affected = Packets.ReadLength() ?? 0;
        _ = Packets.ReadLength();
        Span<byte> state = stackalloc byte[4];
        Packets.Read(state);
        Warnings = state[2] | (state[3] << 8);
        _ = Packets.ReadRest();
        return affected;
    }

    private MySqlRefusal ReadError() => ServerError.Parse(Packets.ReadRest().AsSpan(1));
}
