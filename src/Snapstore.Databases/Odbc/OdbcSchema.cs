using System.Text.Json;
using System.Text.Json.Serialization;

namespace Snapstore.Databases.Odbc;

/// <summary>A column's type in words that every DBMS has.</summary>
internal enum ColumnKind
{
    /// <summary>Anything else: kept and restored as text.</summary>
    Other,

    /// <summary>Text of at most Size characters; 0 for any length.</summary>
    Text,

    /// <summary>Text of exactly Size characters.</summary>
    FixedText,

    /// <summary>Bytes, at most Size; 0 for any number.</summary>
    Binary,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>An integer of Size bytes.</summary>
    Integer,

    /// <summary>An integer of Size bytes without sign.</summary>
    Unsigned,

    /// <summary>A decimal number of Size digits, Digits of them fractional; Size 0 for any.</summary>
    Decimal,

    /// <summary>A binary fraction of Size bytes.</summary>
    Float,

    /// <summary>A day.</summary>
    Date,

    /// <summary>A time of the day.</summary>
    Time,

    /// <summary>A day and time without zone.</summary>
    Timestamp,

    /// <summary>A moment, written in UTC.</summary>
    Moment,

    /// <summary>A UUID.</summary>
    Uuid,

    /// <summary>JSON text.</summary>
    Json,
}

/// <summary>One column of a table as its DBMS has it.</summary>
internal sealed record OdbcColumn
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its type as the DBMS writes it.</summary>
    public required string Type { get; init; }

    /// <summary>Its type in common words.</summary>
    public ColumnKind Kind { get; init; }

    /// <summary>Characters, bytes or digits: see <see cref="ColumnKind"/>.</summary>
    public int Size { get; init; }

    /// <summary>Fractional digits.</summary>
    public int Digits { get; init; }

    /// <summary>True where it may hold NULL.</summary>
    public bool IsNullable { get; init; } = true;

    /// <summary>Its default as SQL of its DBMS; null for none.</summary>
    public string? Default { get; init; }

    /// <summary>True where the DBMS numbers rows that do not say.</summary>
    public bool IsIdentity { get; init; }

    /// <summary>True where the DBMS computes it, so that it cannot be written.</summary>
    public bool IsGenerated { get; init; }

    /// <summary>What it is computed from, as far as that is known: "(a + b) STORED".</summary>
    public string? Expression { get; init; }
}

/// <summary>An index.</summary>
internal sealed record OdbcIndex(string Name, bool IsUnique, IReadOnlyList<string> Columns);

/// <summary>A table: the file `NAME.schema.json` of a snapshot.</summary>
internal sealed record OdbcTable
{
    /// <summary>Version of this form.</summary>
    public int Format { get; init; } = 1;

    /// <summary>The DBMS in whose words it is written.</summary>
    public string Dbms { get; init; } = "";

    /// <summary>Its schema; "" where there is none, or only one.</summary>
    public string Schema { get; init; } = "";

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its columns in order.</summary>
    public IReadOnlyList<OdbcColumn> Columns { get; init; } = [];

    /// <summary>The columns of its primary key, or of another key that is unique and never null; empty for none.</summary>
    public IReadOnlyList<string> Key { get; init; } = [];

    /// <summary>Further indexes over plain columns.</summary>
    public IReadOnlyList<OdbcIndex> Indexes { get; init; } = [];

    /// <summary>What stands behind the closing parenthesis of its definition: "STRICT".</summary>
    public string Options { get; init; } = "";

    /// <summary>What its rows are read from, as SQL; not part of the file.</summary>
    [JsonIgnore]
    public string From { get; init; } = "";

    /// <summary>What its rows are written to, as SQL.</summary>
    [JsonIgnore]
    public string Into => From.StartsWith("ONLY ", StringComparison.Ordinal) ? From[5..] : From;

    /// <summary>False where its rows are not part of a transaction; not part of the file.</summary>
    [JsonIgnore]
    public bool IsTransactional { get; init; } = true;

    /// <summary>Its name with its schema.</summary>
    [JsonIgnore]
    public string FullName => Schema.Length == 0 ? Name : $"{Schema}.{Name}";

    /// <summary>The file's bytes.</summary>
    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, OdbcJson.Default.OdbcTable);

    /// <summary>Reads the file.</summary>
    /// <exception cref="CorruptDataException">It is no such file.</exception>
    /// <exception cref="UnsupportedException">It is of a later version.</exception>
    public static OdbcTable Decode(ReadOnlySpan<byte> json, string what)
    {
        try
        {
            OdbcTable table = JsonSerializer.Deserialize(json, OdbcJson.Default.OdbcTable) ?? throw new CorruptDataException($"{what} is empty");
            return table.Format <= 1 ? table : throw new UnsupportedException($"{what} is of version {table.Format}; upgrade Snapstore");
        }
        catch (JsonException e)
        {
            throw new CorruptDataException($"{what} cannot be read: {e.Message}", e);
        }
    }
}

[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(OdbcTable))]
internal sealed partial class OdbcJson : JsonSerializerContext;
