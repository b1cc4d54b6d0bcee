namespace Snapstore.Databases.Tests;

/// <summary>Descriptions that say something else than the files beside them, as after damage or a fault at the capture.</summary>
internal static class OtherRecords
{
    /// <summary>Every table has a row more.</summary>
    public static DatabaseDescription OneRowMore(DatabaseDescription description) =>
        description with { Tables = [.. description.Tables.Select(table => table with { Rows = table.Rows + 1 })] };
}
