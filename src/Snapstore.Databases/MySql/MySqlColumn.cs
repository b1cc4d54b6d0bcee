namespace Snapstore.Databases.MySql;

/// <summary>A column whose values are captured.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type as the server writes it, with its character set.</param>
/// <param name="IsNullable">True where it may hold null.</param>
/// <param name="Form">How its values stand in the file of rows: "text", "hex" (bytes), "hex:CHARSET" (bytes of that character set).</param>
/// <param name="Expression">What is selected for it.</param>
internal sealed record MySqlColumn(string Name, string Type, bool IsNullable, string Form, string Expression)
{
    /// <summary>The form of texts and numbers.</summary>
    public const string TextForm = "text";

    /// <summary>The form of bytes.</summary>
    public const string HexForm = "hex";

    private static readonly string[] BinaryTypes =
    [
        "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "bit", "vector", "geometry", "point", "linestring",
        "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection", "geomcollection",
    ];

    // All their characters are characters of utf8mb4 and come back from it; of others (gbk, sjis, ...) not all do.
    private static readonly string[] ExactCharacterSets = ["utf8mb4", "utf8mb3", "utf8", "latin1", "ascii", "ucs2", "utf16", "utf16le", "utf32"];

    /// <summary>True where values stand as hexadecimal digits.</summary>
    public bool IsHex => Form.StartsWith(HexForm, StringComparison.Ordinal);

    /// <summary>A column by what information_schema says of it.</summary>
    public static MySqlColumn Of(string name, string dataType, string columnType, bool isNullable, string? characterSet)
    {
        string type = characterSet is null ? columnType : $"{columnType} character set {characterSet}";
        string quoted = Sql.Name(name);
        if (BinaryTypes.Contains(dataType))
            return new(name, type, isNullable, HexForm, quoted);
        if (characterSet is not null && !ExactCharacterSets.Contains(characterSet))
            return new(name, type, isNullable, $"{HexForm}:{characterSet}", $"CAST({quoted} AS BINARY)");

        // As text a float has six digits only; the double of the same value has all it takes.
        return new(name, type, isNullable, TextForm, dataType == "float" ? $"{quoted}*1e0" : quoted);
    }
}
