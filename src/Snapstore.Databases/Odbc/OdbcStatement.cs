using System.Runtime.InteropServices;

namespace Snapstore.Databases.Odbc;

/// <summary>A statement of a connection: run, and read row by row. For one thread at a time.</summary>
internal sealed unsafe class OdbcStatement : IDisposable
{
    private const int NoScanAttribute = 2;
    private const ushort CloseOption = 0, ResetOption = 3;

    // One call gets most values; longer ones come in pieces.
    private const int PieceBytes = 16 << 10;
    private const char Unwritten = '\uFFFF';

    private readonly OdbcConnection _connection;
    private readonly byte[] _piece = GC.AllocateUninitializedArray<byte>(PieceBytes, pinned: true);
    private char[] _text = new char[PieceBytes / 2];
    private nint _handle;

    public OdbcStatement(OdbcConnection connection)
    {
        _connection = connection;
        if (OdbcNative.Allocate(OdbcNative.Statement, connection.Handle, out _handle) is not (OdbcNative.Success or OdbcNative.SuccessWithInfo))
            throw connection.Failed("make a statement");
        // No statement of ours uses the {escapes} of ODBC; names may hold braces.
        _ = OdbcNative.SQLSetStmtAttrW(_handle, NoScanAttribute, 1, 0);
    }

    /// <summary>The handle, for calls that this class does not make.</summary>
    public nint Handle => _handle;

    /// <summary>Columns of the result; 0 where there is none.</summary>
    public int Columns
    {
        get
        {
            Check(OdbcNative.SQLNumResultCols(_handle, out short count), "read the result's columns");
            return count;
        }
    }

    /// <summary>Rows that the last statement changed; -1 where the driver does not know.</summary>
    public long RowsChanged
    {
        get
        {
            Check(OdbcNative.SQLRowCount(_handle, out nint count), "count the rows changed");
            return count;
        }
    }

    /// <summary>Runs a statement.</summary>
    public void Execute(string sql, string what) => Check(OdbcNative.SQLExecDirectW(_handle, sql, sql.Length), what);

    /// <summary>Prepares a statement.</summary>
    public void Prepare(string sql, string what) => Check(OdbcNative.SQLPrepareW(_handle, sql, sql.Length), what);

    /// <summary>Runs what was prepared.</summary>
    public void ExecutePrepared(string what) => Check(OdbcNative.SQLExecute(_handle), what);

    /// <summary>Binds a parameter to memory that stays where it is until the statement has run.</summary>
    public void Bind(int number, short cType, short sqlType, nuint size, short digits, void* value, nint length, nint* indicator) =>
        Check(OdbcNative.SQLBindParameter(_handle, (ushort)number, 1, cType, sqlType, size, digits, value, length, indicator), "bind a parameter");

    /// <summary>Goes to the next row; false at the end.</summary>
    public bool Fetch(string what)
    {
        short result = OdbcNative.SQLFetch(_handle);
        if (result == OdbcNative.NoData)
            return false;
        Check(result, what);
        return true;
    }

    /// <summary>Closes the result, so that the statement can run again.</summary>
    public void CloseResult() => _ = OdbcNative.SQLFreeStmt(_handle, CloseOption);

    /// <summary>Forgets the parameters.</summary>
    public void ResetParameters() => _ = OdbcNative.SQLFreeStmt(_handle, ResetOption);

    /// <summary>Adds a column's value to a row as text.</summary>
    public void AddText(int column, OdbcRow row)
    {
        int length = ReadText(column);
        if (length < 0)
            row.AddNull();
        else
            row.AddText(_text.AsSpan(0, length));
    }

    /// <summary>Adds a column's value to a row as it comes: bytes, or text that is sent as bytes of UTF-8.</summary>
    public void AddBinary(int column, OdbcRow row, ValueKind kind = ValueKind.Binary)
    {
        int total = 0;
        while (true)
        {
            int got = Piece(column, OdbcNative.CBinary, terminator: 0, out bool isLast);
            if (got < 0)
            {
                row.AddNull();
                return;
            }

            _piece.AsSpan(0, got).CopyTo(row.Grow(checked(total + got))[total..]);
            total += got;
            if (isLast)
                break;
        }

        row.Complete(kind, total);
    }

    /// <summary>A column's value as text, valid until the next call; false for NULL.</summary>
    public bool TryRead(int column, out ReadOnlySpan<char> text)
    {
        int length = ReadText(column);
        text = length < 0 ? default : _text.AsSpan(0, length);
        return length >= 0;
    }

    /// <summary>A column's value as text; null for NULL.</summary>
    public string? Text(int column) => TryRead(column, out ReadOnlySpan<char> text) ? text.ToString() : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        nint handle = Interlocked.Exchange(ref _handle, 0);
        if (handle != 0)
            _ = OdbcNative.SQLFreeHandle(OdbcNative.Statement, handle);
    }

    /// <summary>Throws what the driver says where a call failed.</summary>
    public void Check(short result, string what)
    {
        if (result is not (OdbcNative.Success or OdbcNative.SuccessWithInfo or OdbcNative.NoData))
            throw OdbcException.Of(OdbcNative.Statement, _handle, what, _connection.Secret);
    }

    private int ReadText(int column)
    {
        int total = 0;
        while (true)
        {
            int got = Piece(column, OdbcNative.CWide, terminator: sizeof(char), out bool isLast);
            if (got < 0)
                return -1;
            int chars = got / sizeof(char);
            if (_text.Length - total < chars)
                Array.Resize(ref _text, Math.Max(_text.Length * 2, total + chars));
            MemoryMarshal.Cast<byte, char>(_piece.AsSpan(0, got)).CopyTo(_text.AsSpan(total));
            total += chars;
            if (isLast)
                return total;
        }
    }

    // Bytes of the next piece in _piece; -1 for NULL. A piece that is cut ends with the terminator.
    private int Piece(int column, short cType, int terminator, out bool isLast)
    {
        nint length = 0;
        short result;
        Span<char> end = MemoryMarshal.Cast<byte, char>(_piece.AsSpan())[^4..];
        end.Fill(Unwritten);
        fixed (byte* buffer = _piece)
            result = OdbcNative.SQLGetData(_handle, (ushort)column, cType, buffer, PieceBytes, &length);
        isLast = true;
        if (result == OdbcNative.NoData)
            return 0;
        Check(result, "read a value");
        if (length == OdbcNative.NullData)
            return -1;
        int room = PieceBytes - terminator;
        isLast = length != OdbcNative.NoTotal && length <= room;
        if (isLast || terminator == 0)
            return isLast ? (int)length : room;
        // A driver does not cut between the two halves of a surrogate pair: the terminator tells where it cut.
        return PieceBytes - ((end.Length - end.LastIndexOfAnyExcept(Unwritten)) * sizeof(char));
    }
}
