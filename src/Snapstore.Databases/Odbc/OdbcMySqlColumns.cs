using System.Globalization;

namespace Snapstore.Databases.Odbc;

/// <summary>How MariaDB and MySQL describe columns and indexes.</summary>
internal sealed partial class OdbcMySql
{
    private ILookup<string, OdbcColumn> ReadColumns()
    {
        bool isMariaDb = Connection.Scalar("SELECT VERSION()")?.Contains("MariaDB", StringComparison.OrdinalIgnoreCase) ?? false;
        return Connection.Query("""
            SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, NUMERIC_SCALE, IS_NULLABLE,
              COLUMN_DEFAULT, EXTRA, GENERATION_EXPRESSION, CHARACTER_SET_NAME, COLLATION_NAME
            FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() ORDER BY BINARY TABLE_NAME, ORDINAL_POSITION
            """, "list the columns").ToLookup(row => row[0]!, row => Column(row, isMariaDb));
    }

    private OdbcColumn Column(string?[] row, bool isMariaDb)
    {
        (ColumnKind kind, int size, int digits) = KindOf(row[3]!, row[2]!, Number(row[4]), Number(row[5]), Number(row[6]));
        string extra = row[9] ?? "";
        bool isGenerated = extra.Contains("GENERATED", StringComparison.OrdinalIgnoreCase) && !string.IsNullOrEmpty(row[10]);
        string storage = extra.Contains("STORED", StringComparison.OrdinalIgnoreCase) ? "STORED" : "VIRTUAL";
        return new OdbcColumn
        {
            Name = row[1]!,
            Type = row[11] is null ? row[2]! : $"{row[2]} CHARACTER SET {row[11]} COLLATE {row[12]}",
            Kind = kind,
            Size = size,
            Digits = digits,
            IsNullable = row[7] == "YES",
            Default = isGenerated ? null : DefaultOf(row[8], extra, isMariaDb),
            IsIdentity = extra.Contains("auto_increment", StringComparison.OrdinalIgnoreCase),
            IsGenerated = isGenerated,
            Expression = isGenerated ? $"({row[10]}) {storage}" : null,
        };
    }

    // MariaDB writes defaults as SQL, MySQL as plain text unless it says that they are expressions.
    private string? DefaultOf(string? text, string extra, bool isMariaDb)
    {
        if (text is null or "NULL")
            return null;
        bool isSql = isMariaDb || extra.Contains("DEFAULT_GENERATED", StringComparison.OrdinalIgnoreCase);
        int update = extra.IndexOf("on update", StringComparison.OrdinalIgnoreCase);
        return (isSql ? text : Literal(text)) + (update < 0 ? "" : $" {extra[update..].Split(',')[0]}");
    }

    private static int Number(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;

    private static (ColumnKind Kind, int Size, int Digits) KindOf(string type, string whole, int length, int precision, int scale)
    {
        ColumnKind integer = whole.Contains("unsigned", StringComparison.Ordinal) ? ColumnKind.Unsigned : ColumnKind.Integer;
        return type switch
        {
            "tinyint" or "smallint" or "year" => (integer, 2, 0),
            "mediumint" or "int" => (integer, 4, 0),
            "bigint" => (integer, 8, 0),
            "bit" => (ColumnKind.Unsigned, 8, 0),
            "decimal" => (ColumnKind.Decimal, precision, scale),
            "float" => (ColumnKind.Float, 4, 0),
            "double" => (ColumnKind.Float, 8, 0),
            "char" => (ColumnKind.FixedText, length, 0),
            "varchar" => (ColumnKind.Text, length, 0),
            "tinytext" or "text" or "mediumtext" or "longtext" => (ColumnKind.Text, 0, 0),
            "binary" or "varbinary" => (ColumnKind.Binary, length, 0),
            "tinyblob" or "blob" or "mediumblob" or "longblob" => (ColumnKind.Binary, 0, 0),
            "geometry" or "point" or "linestring" or "polygon" or "multipoint" or "multilinestring" or "multipolygon" or "geometrycollection" => (ColumnKind.Binary, 0, 0),
            "date" => (ColumnKind.Date, 0, 0),
            "time" => (ColumnKind.Time, 0, 0),
            "datetime" => (ColumnKind.Timestamp, 0, 0),
            "timestamp" => (ColumnKind.Moment, 0, 0),
            "uuid" => (ColumnKind.Uuid, 0, 0),
            "json" => (ColumnKind.Json, 0, 0),
            _ => (ColumnKind.Other, 0, 0),
        };
    }

    private ILookup<string, (string Index, bool IsUnique, string? Column, bool IsPlain)> ReadIndexes() => Connection.Query("""
        SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, COLUMN_NAME, SUB_PART, INDEX_TYPE FROM information_schema.STATISTICS
        WHERE TABLE_SCHEMA = DATABASE() ORDER BY BINARY TABLE_NAME, BINARY INDEX_NAME, SEQ_IN_INDEX
        """, "list the indexes")
        .ToLookup(row => row[0]!, row => (row[1]!, row[2] == "0", row[3], row[3] is not null && row[4] is null && row[5] == "BTREE"));
}
