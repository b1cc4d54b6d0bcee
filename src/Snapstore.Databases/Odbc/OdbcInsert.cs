using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Snapstore.Databases.Odbc;

/// <summary>Writes rows into a table: many a statement, as prepared parameters. Memory: 1 MiB and the largest row.</summary>
internal sealed unsafe class OdbcInsert : IDisposable
{
    // SQLite before 3.32 takes 999 parameters.
    private const int ParametersMax = 900, RowsMax = 100, BatchBytes = 1 << 20;

    private readonly OdbcStatement _one, _many;
    private readonly OdbcDialect _dialect;
    private readonly OdbcTable _source;
    private readonly (OdbcColumn Column, int From)[] _columns;
    private readonly bool _isForeign;
    private readonly int _rowsPerStatement;
    private readonly string _what;
    private readonly List<Value> _values = [];
    private readonly Dictionary<int, string> _inline = [];
    private readonly OdbcConnection _connection;
    private readonly string _into;
    private readonly nint[] _lengths;
    private byte[] _bytes = GC.AllocateUninitializedArray<byte>(BatchBytes + (64 << 10), pinned: true);
    private int _used, _rows;

    /// <summary>Prepares the statements.</summary>
    /// <param name="session">The target.</param>
    /// <param name="into">The table as SQL.</param>
    /// <param name="source">The snapshot's table, in whose order rows come.</param>
    /// <param name="target">The target's columns that are written; each is one of the source.</param>
    public OdbcInsert(OdbcSession session, string into, OdbcTable source, IReadOnlyList<OdbcColumn> target)
    {
        (_dialect, _source, _isForeign) = (session.Dialect, source, source.Dbms != session.Dialect.Dbms);
        List<string> names = [.. source.Columns.Select(column => column.Name)];
        _columns = [.. target.Select(column => (column, names.IndexOf(column.Name)))];
        _rowsPerStatement = _columns.Length == 0 ? 1 : Math.Clamp(ParametersMax / _columns.Length, 1, RowsMax);
        _lengths = GC.AllocateArray<nint>(Math.Max(1, _rowsPerStatement * _columns.Length), pinned: true);
        (_connection, _into, _what) = (session.Connection, into, $"write into table {into}");
        _one = new OdbcStatement(session.Connection);
        _many = new OdbcStatement(session.Connection);
        _one.Prepare(Sql(1, []), _what);
        _many.Prepare(Sql(_rowsPerStatement, []), _what);
    }

    /// <summary>Rows written so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Adds a row.</summary>
    public void Add(OdbcRow row)
    {
        foreach ((OdbcColumn column, int from) in _columns)
            AddValue(row, from, column);
        _rows++;
        if (_rows == _rowsPerStatement || _used >= BatchBytes)
            Flush();
    }

    /// <summary>Writes what was added.</summary>
    public void Flush()
    {
        bool isFull = _rows == _rowsPerStatement && _inline.Count == 0;
        if (isFull)
            Run(_many, 0, _rows);
        for (int row = 0; row < _rows && !isFull; row++)
            RunOne(row);
        Rows += _rows;
        _values.Clear();
        _inline.Clear();
        (_rows, _used) = (0, 0);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _one.Dispose();
        _many.Dispose();
    }

    // Places of values that stand in the statement itself are given by column.
    private string Sql(int rows, Dictionary<int, string> inline)
    {
        if (_columns.Length == 0)
            return $"INSERT INTO {_into} DEFAULT VALUES";
        string row = $"({string.Join(", ", _columns.Select((pair, i) => inline.GetValueOrDefault(i) ?? _dialect.Placeholder(pair.Column)))})";
        return $"INSERT INTO {_into} ({_dialect.Names(_columns.Select(pair => pair.Column.Name))}) {_dialect.Overriding}VALUES {string.Join(", ", Enumerable.Repeat(row, rows))}";
    }

    private void AddValue(OdbcRow row, int from, OdbcColumn column)
    {
        ValueKind kind = row.Kind(from);
        bool isTyped = _dialect.HasTypedValues && kind is ValueKind.Integer or ValueKind.Real;
        if (kind == ValueKind.Null)
            _values.Add(new Value(kind, _used, OdbcNative.NullData));
        else if (isTyped)
            AddNumber(kind, row.Bytes(from));
        else if (kind == ValueKind.Binary)
            AddBytes(row.Bytes(from), column);
        else
            AddText(row.Bytes(from), _source.Columns[from], column);
    }

    private void AddNumber(ValueKind kind, ReadOnlySpan<byte> digits)
    {
        Span<byte> room = Grow(sizeof(long));
        if (kind == ValueKind.Integer && long.TryParse(digits, CultureInfo.InvariantCulture, out long integer))
            MemoryMarshal.Write(room, integer);
        else if (kind == ValueKind.Real && double.TryParse(digits, CultureInfo.InvariantCulture, out double real))
            MemoryMarshal.Write(room, real);
        else
            throw new CorruptDataException($"the rows of table {_source.FullName} hold a number that is none: {Encoding.UTF8.GetString(digits)}");
        Complete(kind, sizeof(long));
    }

    private void AddBytes(ReadOnlySpan<byte> bytes, OdbcColumn column)
    {
        if (column.Kind != ColumnKind.Binary && !_dialect.HasTypedValues)
            throw new SourceException($"column {column.Name} of table {_source.FullName} holds bytes, and the target's column of type {column.Type} cannot");
        bytes.CopyTo(Grow(bytes.Length));
        Complete(ValueKind.Binary, bytes.Length);
    }

    private void AddText(ReadOnlySpan<byte> utf8, OdbcColumn from, OdbcColumn column)
    {
        if (column.Kind == ColumnKind.Binary && !_dialect.HasTypedValues)
            throw new SourceException($"column {column.Name} of table {_source.FullName} holds text, and the target's column of type {column.Type} cannot");
        if (_isForeign && from.Kind is ColumnKind.Boolean or ColumnKind.Moment)
            utf8 = Encoding.UTF8.GetBytes(_dialect.Adapt(from, Encoding.UTF8.GetString(utf8)));
        // Drivers end a text parameter at a zero byte.
        if (utf8.Contains((byte)0) && _dialect.TextWithZero(utf8) is { } literal)
        {
            _inline[_values.Count] = literal;
            _values.Add(new Value(ValueKind.Null, _used, OdbcNative.NullData));
            return;
        }

        Span<byte> room = Grow(checked(utf8.Length * sizeof(char)));
        Complete(ValueKind.Text, Encoding.Unicode.GetBytes(Encoding.UTF8.GetString(utf8), room));
    }

    // Values lie at multiples of eight, as numbers want it.
    private Span<byte> Grow(int length)
    {
        if (_bytes.Length - _used < length)
        {
            byte[] larger = GC.AllocateUninitializedArray<byte>(checked((int)Math.Min(Array.MaxLength, Math.Max(_bytes.Length * 2L, (long)_used + length))), pinned: true);
            _bytes.AsSpan(0, _used).CopyTo(larger);
            _bytes = larger;
        }

        return _bytes.AsSpan(_used, length);
    }

    private void Complete(ValueKind kind, int length)
    {
        _values.Add(new Value(kind, _used, length));
        _used = Math.Min(_bytes.Length, (_used + length + 7) & ~7);
    }

    private void RunOne(int row)
    {
        int first = row * _columns.Length;
        Dictionary<int, string> inline = [];
        for (int i = 0; i < _columns.Length; i++)
        {
            if (_inline.TryGetValue(first + i, out string? literal))
                inline[i] = literal;
        }

        if (inline.Count == 0)
        {
            Run(_one, row, 1);
            return;
        }

        using OdbcStatement statement = new(_connection);
        statement.Prepare(Sql(1, inline), _what);
        Run(statement, row, 1);
    }

    private void Run(OdbcStatement statement, int firstRow, int rows)
    {
        int first = firstRow * _columns.Length, count = rows * _columns.Length, bound = 0;
        fixed (byte* bytes = _bytes)
        fixed (nint* lengths = _lengths)
        {
            for (int i = 0; i < count; i++)
            {
                if (_inline.ContainsKey(first + i))
                    continue;
                Value value = _values[first + i];
                lengths[i] = value.Length;
                Bind(statement, ++bound, value, _columns[i % _columns.Length].Column, bytes + value.Start, lengths + i);
            }

            statement.ExecutePrepared(_what);
        }

        statement.CloseResult();
    }

    private void Bind(OdbcStatement statement, int number, Value value, OdbcColumn column, byte* at, nint* length)
    {
        bool isBinary = value.Kind == ValueKind.Binary || (value.Kind == ValueKind.Null && column.Kind == ColumnKind.Binary);
        nuint size = (nuint)Math.Max(1, value.Length);
        int room = Math.Max(0, value.Length);
        if (value.Kind == ValueKind.Integer)
            statement.Bind(number, OdbcNative.CBigInt, OdbcNative.SqlBigInt, 19, 0, at, sizeof(long), length);
        else if (value.Kind == ValueKind.Real)
            statement.Bind(number, OdbcNative.CDouble, OdbcNative.SqlDouble, 15, 0, at, sizeof(double), length);
        else if (isBinary)
            statement.Bind(number, OdbcNative.CBinary, OdbcNative.SqlLongVarbinary, size, 0, at, room, length);
        else
            statement.Bind(number, OdbcNative.CWide, _dialect.ParameterType(column, room / sizeof(char)), size, DigitsOf(column), at, room, length);
    }

    private static short DigitsOf(OdbcColumn column) => column.Kind switch
    {
        ColumnKind.Decimal => (short)column.Digits,
        ColumnKind.Time or ColumnKind.Timestamp => 6,
        _ => 0,
    };

    private readonly record struct Value(ValueKind Kind, int Start, int Length);
}
