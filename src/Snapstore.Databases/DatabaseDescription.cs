using System.Text.Json;
using System.Text.Json.Serialization;

namespace Snapstore.Databases;

/// <summary>What a snapshot of a database says of itself: the file `database.json` at the top of its tree (spec/databases/README.md).</summary>
public sealed record DatabaseDescription
{
    /// <summary>The file's name.</summary>
    public const string FileName = "database.json";

    /// <summary>Version of this form.</summary>
    public int Format { get; init; } = 1;

    /// <summary>The engine's name: <see cref="IDatabaseEngine.Name"/>.</summary>
    public required string Engine { get; init; }

    /// <summary>The server's or library's version.</summary>
    public string Version { get; init; } = "";

    /// <summary>The database's name.</summary>
    public string Database { get; init; } = "";

    /// <summary>How all of it belongs to one moment.</summary>
    public string Consistency { get; init; } = "";

    /// <summary>Where in the engine's own history.</summary>
    public SortedDictionary<string, string> Position { get; init; } = [];

    /// <summary>The database's encoding, collation and other settings that a restore needs.</summary>
    public SortedDictionary<string, string> Properties { get; init; } = [];

    /// <summary>The tables.</summary>
    public IReadOnlyList<TableDescription> Tables { get; init; } = [];

    /// <summary>Everything else, in the order in which it is restored.</summary>
    public IReadOnlyList<ObjectDescription> Objects { get; init; } = [];

    /// <summary>What was left out, or is not as consistent as the rest: text for people.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The file's bytes: UTF-8, indented.</summary>
    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, DescriptionJson.Default.DatabaseDescription);

    /// <summary>Reads the file.</summary>
    /// <exception cref="CorruptDataException">It is no such file.</exception>
    /// <exception cref="UnsupportedException">It is of a later version.</exception>
    public static DatabaseDescription Decode(ReadOnlySpan<byte> json)
    {
        try
        {
            DatabaseDescription read = JsonSerializer.Deserialize(json, DescriptionJson.Default.DatabaseDescription)
                ?? throw new CorruptDataException($"{FileName} is empty");
            return read.Format <= 1 ? Completed(read) : throw new UnsupportedException($"{FileName} is of version {read.Format}; upgrade Snapstore");
        }
        catch (JsonException e)
        {
            throw new CorruptDataException($"{FileName} cannot be read: {e.Message}", e);
        }
    }

    // What the file does not name is null after reading, whatever the properties begin with: the generated reader sets all of them.
    private static DatabaseDescription Completed(DatabaseDescription read) => read with
    {
        Version = read.Version ?? "",
        Database = read.Database ?? "",
        Consistency = read.Consistency ?? "",
        Position = Whole(read.Position ?? []),
        Properties = Whole(read.Properties ?? []),
        Tables = [.. Whole(read.Tables ?? []).Select(Completed)],
        Objects = [.. Whole(read.Objects ?? []).Select(found => found with { Kind = found.Kind ?? "", Schema = found.Schema ?? "", Name = found.Name ?? "" })],
        Warnings = Whole(read.Warnings ?? []),
    };

    private static TableDescription Completed(TableDescription read) => read with
    {
        Schema = read.Schema ?? "",
        Columns = [.. Whole(read.Columns ?? []).Select(column => column with { Name = column.Name ?? "", Type = column.Type ?? "" })],
        Key = Whole(read.Key ?? []),
        Properties = Whole(read.Properties ?? []),
    };

    private static IReadOnlyList<T> Whole<T>(IReadOnlyList<T> items) =>
        items.All(item => item is not null) ? items : throw new CorruptDataException($"{FileName} cannot be read: a null in a list");

    private static SortedDictionary<string, string> Whole(SortedDictionary<string, string> texts) =>
        texts.Values.All(text => text is not null) ? texts : throw new CorruptDataException($"{FileName} cannot be read: a null among texts");
}

/// <summary>One table.</summary>
public sealed record TableDescription
{
    /// <summary>Its schema; "" where the engine has none.</summary>
    public string Schema { get; init; } = "";

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The file of its rows in the snapshot, from the top of the tree; null where only its definition is captured.</summary>
    public string? File { get; init; }

    /// <summary>The file of its definition; null where that stands elsewhere.</summary>
    public string? Definition { get; init; }

    /// <summary>Rows captured.</summary>
    public long Rows { get; init; }

    /// <summary>Bytes of the file of its rows.</summary>
    public long Bytes { get; init; }

    /// <summary>BLAKE3 hash of the file of its rows, 64 hexadecimal digits.</summary>
    public string? Checksum { get; init; }

    /// <summary>Its columns, in the order of the file.</summary>
    public IReadOnlyList<ColumnDescription> Columns { get; init; } = [];

    /// <summary>The columns of its primary key, or of another key that is unique and never null; empty where there is none.</summary>
    public IReadOnlyList<string> Key { get; init; } = [];

    /// <summary>In which order the rows stand: "heap", "key".</summary>
    public string? Order { get; init; }

    /// <summary>What else a restore of this engine needs to know.</summary>
    public SortedDictionary<string, string> Properties { get; init; } = [];
}

/// <summary>One column.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type as the engine writes it.</param>
/// <param name="IsNullable">True where it may hold null.</param>
public sealed record ColumnDescription(string Name, string Type, bool IsNullable = true);

/// <summary>A view, a sequence, a function, ...</summary>
/// <param name="Kind">What it is, in the engine's words and lower case: "view".</param>
/// <param name="Schema">Its schema; "" where the engine has none.</param>
/// <param name="Name">Its name.</param>
/// <param name="File">The file of its definition; null where it stands in a common one.</param>
public sealed record ObjectDescription(string Kind, string Schema, string Name, string? File = null);

[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(DatabaseDescription))]
internal sealed partial class DescriptionJson : JsonSerializerContext;
