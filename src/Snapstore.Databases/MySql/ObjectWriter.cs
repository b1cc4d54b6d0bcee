using System.Text;
using Snapstore.Browse;

namespace Snapstore.Databases.MySql;

/// <summary>Makes objects by their definitions, in a database whose name may be another one than when they were captured.</summary>
/// <param name="connection">In a session of a restore; its settings are put back after each object.</param>
/// <param name="files">The snapshot.</param>
/// <param name="from">The database's name when it was captured.</param>
internal sealed class ObjectWriter(MySqlConnection connection, SnapshotFiles files, string from)
{
    /// <summary>Makes an object in a database.</summary>
    /// <exception cref="MySqlRefusal">The server refuses.</exception>
    public void Create(ObjectDescription item, string database)
    {
        DefinitionText definition = Read(item.File!);
        connection.Execute($"USE {Sql.Name(database)}");
        try
        {
            foreach (string setting in definition.Settings)
                connection.Execute(setting);
            foreach (ReadOnlyMemory<byte> statement in Statements(item, definition.Statement, database))
                connection.Execute(statement.Span);
        }
        finally
        {
            if (definition.Settings.Count > 0)
                Reset();
        }
    }

    /// <summary>Makes objects that may need each other, such as views: as long as one succeeds, those that failed are tried again.</summary>
    /// <exception cref="MySqlRefusal">Some cannot be made: the first one's reason.</exception>
    public void CreateAll(IEnumerable<ObjectDescription> items, string database)
    {
        List<ObjectDescription> left = [.. items];
        while (left.Count > 0)
        {
            List<ObjectDescription> failed = [];
            MySqlRefusal? first = null;
            foreach (ObjectDescription item in left)
            {
                try
                {
                    Create(item, database);
                }
                catch (MySqlRefusal e)
                {
                    failed.Add(item);
                    first ??= new MySqlRefusal(e.Code, $"{item.Kind} {item.Name}: {e.Message}");
                }
            }

            if (failed.Count == left.Count)
                throw first!;
            left = failed;
        }
    }

    /// <summary>Makes a table by its definition.</summary>
    /// <param name="table">The table as it was captured.</param>
    /// <param name="database">Where.</param>
    public void CreateTable(TableDescription table, string database)
    {
        connection.Execute($"USE {Sql.Name(database)}");
        connection.Execute(TableDefinition(table, database));
    }

    /// <summary>The statement that makes a table in a database.</summary>
    public byte[] TableDefinition(TableDescription table, string database)
    {
        byte[] statement = Read(table.Definition!).Statement;
        if (from == database)
            return statement;

        // The one place where SHOW CREATE TABLE names the table's own database.
        string text = Encoding.Latin1.GetString(statement);
        return Encoding.Latin1.GetBytes(text.Replace(Bytes($"val({Sql.Name(from)}."), Bytes($"val({Sql.Name(database)}."), StringComparison.Ordinal));
    }

    /// <summary>A definition of the snapshot.</summary>
    public DefinitionText Read(string path) => DefinitionText.Decode(files.ReadAll(path), path);

    // A sequence is made, then set to where it was.
    private IEnumerable<ReadOnlyMemory<byte>> Statements(ObjectDescription item, byte[] statement, string database)
    {
        if (item.Kind == "view" && from != database)
            return [Encoding.Latin1.GetBytes(Requalified.Of(Encoding.Latin1.GetString(statement), Bytes(from), Bytes(database)))];
        int end = item.Kind == "sequence" ? statement.AsSpan().LastIndexOf(";\n"u8) : -1;
        return end < 0 ? [statement] : [statement.AsMemory(0, end), statement.AsMemory(end + 2)];
    }

    // One character a byte, as statements are looked into.
    private static string Bytes(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    private void Reset()
    {
        connection.Execute("SET NAMES utf8mb4");
        connection.Execute("SET SESSION time_zone='+00:00'");
        SessionSettings.ApplyForRestore(connection);
    }
}
