using System.Globalization;

namespace Snapstore.Databases.Odbc;

/// <summary>A DBMS that this program does not know: the catalog calls of ODBC, values as the driver gives them.</summary>
internal sealed partial class OdbcGeneric(OdbcConnection connection) : OdbcDialect(connection)
{
    // Types of which drivers are known to lose something when they turn a value into text.
    private static readonly short[] LossyTypes = [6, 7, 8, 9, 10, 11, 91, 92, 93, 94, 95];

    /// <inheritdoc/>
    public override string Dbms => Connection.Dbms;

    /// <inheritdoc/>
    public override OdbcCatalog ReadCatalog()
    {
        OdbcCatalog catalog = new();
        using OdbcStatement statement = new(Connection);
        statement.Check(OdbcNative.SQLTablesW(statement.Handle, null, 0, null, 0, null, 0, "TABLE,VIEW", 10), "list the tables");
        // Drivers list all catalogs of a server; ours is the one that names without a catalog mean.
        string own = Connection.Database;
        IEnumerable<string?[]> rows = OdbcConnection.ReadAll(statement).Where(row => string.IsNullOrEmpty(row[0]) || own.Length == 0 || row[0] == own);
        foreach (string?[] row in rows.OrderBy(row => row[1], StringComparer.Ordinal).ThenBy(row => row[2], StringComparer.Ordinal))
        {
            (string? place, string schema, string name) = (row[0], row[1] ?? "", row[2]!);
            if (row[3] == "TABLE")
                catalog.Tables.Add(Table(place, schema, name, catalog));
            else
                catalog.Others.Add(new ObjectDescription("view", schema, name));
        }

        return catalog;
    }

    private OdbcTable Table(string? place, string schema, string name, OdbcCatalog catalog)
    {
        using OdbcStatement statement = new(Connection);
        string pattern = Escaped(name), schemaPattern = Escaped(schema);
        statement.Check(
            OdbcNative.SQLColumnsW(statement.Handle, place, Length(place), schemaPattern.Length == 0 ? null : schemaPattern, Length(schemaPattern), pattern, Length(pattern), null, 0),
            $"list the columns of {name}");
        List<string?[]> rows = [.. OdbcConnection.ReadAll(statement).Where(row => row[2] == name && (row[1] ?? "") == schema)];
        if (rows.Count == 0)
            throw new SourceException($"the driver lists no columns of table {name}; exclude the table (--exclude-table)");
        if (rows.Exists(row => LossyTypes.Contains(TypeOf(row))))
            catalog.Notes.Add((name, "has times or binary fractions, of which an ODBC driver may lose digits, zones or eras: this DBMS is not one that Snapstore knows"));
        return new OdbcTable
        {
            Dbms = Dbms,
            Schema = schema,
            Name = name,
            Columns = [.. rows.Select(Column)],
            Key = ReadKey(place, schema, name),
            From = Quote(schema, name),
        };
    }

    private List<string> ReadKey(string? place, string schema, string name)
    {
        using OdbcStatement statement = new(Connection);
        short result = OdbcNative.SQLPrimaryKeysW(statement.Handle, place, Length(place), schema.Length == 0 ? null : schema, Length(schema), name, Length(name));
        // Not every driver has this call.
        return result is OdbcNative.Success or OdbcNative.SuccessWithInfo
            ? [.. OdbcConnection.ReadAll(statement).OrderBy(row => Number(row[4])).Select(row => row[3]!)]
            : [];
    }

    private static OdbcColumn Column(string?[] row)
    {
        (ColumnKind kind, int size, int digits) = KindOf(TypeOf(row), Number(row[6]), Number(row[8]));
        return new OdbcColumn { Name = row[3]!, Type = row[5] ?? "", Kind = kind, Size = size, Digits = digits, IsNullable = row[10] != "0" };
    }

    private static (ColumnKind Kind, int Size, int Digits) KindOf(short type, int size, int digits) => type switch
    {
        1 or -8 => (ColumnKind.FixedText, size, 0),
        12 or -9 => (ColumnKind.Text, size, 0),
        -1 or -10 => (ColumnKind.Text, 0, 0),
        -2 or -3 => (ColumnKind.Binary, size, 0),
        -4 => (ColumnKind.Binary, 0, 0),
        -7 => (ColumnKind.Boolean, 0, 0),
        -6 or 5 => (ColumnKind.Integer, 2, 0),
        4 => (ColumnKind.Integer, 4, 0),
        -5 => (ColumnKind.Integer, 8, 0),
        2 or 3 => (ColumnKind.Decimal, size, digits),
        7 => (ColumnKind.Float, 4, 0),
        6 or 8 => (ColumnKind.Float, 8, 0),
        91 => (ColumnKind.Date, 0, 0),
        92 => (ColumnKind.Time, 0, 0),
        93 => (ColumnKind.Timestamp, 0, 0),
        -11 => (ColumnKind.Uuid, 0, 0),
        _ => (ColumnKind.Other, 0, 0),
    };

    private string Escaped(string name)
    {
        string escape = Connection.PatternEscape;
        return escape.Length == 0 ? name : name
            .Replace(escape, escape + escape, StringComparison.Ordinal)
            .Replace("_", $"{escape}_", StringComparison.Ordinal)
            .Replace("%", $"{escape}%", StringComparison.Ordinal);
    }

    private static short TypeOf(string?[] row) => (short)Number(row[4]);

    private static int Number(string? text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number : 0;

    private static short Length(string? text) => (short)(text?.Length ?? 0);
}
