using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Snapstore.Databases.Odbc;

namespace Snapstore.Databases.Tests.Odbc;

/// <summary>Rows as text: what is written is read back, and nothing else is taken for a row.</summary>
public sealed class RowTextTests
{
    private static readonly OdbcTable Table = new()
    {
        Name = "t",
        Dbms = "PostgreSQL",
        Columns =
        [
            new OdbcColumn { Name = "a \"b\",\n\\", Type = "text", Kind = ColumnKind.Text },
            new OdbcColumn { Name = "bytes", Type = "bytea", Kind = ColumnKind.Binary },
            new OdbcColumn { Name = "n", Type = "int", Kind = ColumnKind.Integer },
        ],
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_written_is_read_back(bool isCsv)
    {
        Gen<string?> texts = Gen.OneOf(
            Gen.Constant((string?)null),
            Gen.Elements<string?>("", "\"", "\"\"", ",", "\n", "\r\n", "\\", "\\n", "\0", "\u001f\u007f", "null", "ä🐘", "{\"base64\":\"\"}", "a\"b,c\nd"),
            ArbMap.Default.GeneratorFor<NonNull<string>>().Select(text => (string?)Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Get))));
        Gen<byte[]?> bytes = Gen.OneOf(Gen.Constant((byte[]?)null), ArbMap.Default.GeneratorFor<byte[]>().Select(value => (byte[]?)value));
        Gen<long?> numbers = ArbMap.Default.GeneratorFor<long?>();
        Gen<(string?, byte[]?, long?)> rows = from text in texts from value in bytes from number in numbers select (text, value, number);
        Prop.ForAll(rows.ListOf().Select(list => list.ToArray()).ToArbitrary(), all => AssertComesBack(all, isCsv ? RowFormat.Csv : RowFormat.Ndjson)).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Any_bytes_give_rows_or_a_clean_error(bool isCsv)
    {
        byte[] whole = Write([("a\"b", [1, 2, 3], 7), (null, null, null), ("", [], -1)], isCsv ? RowFormat.Csv : RowFormat.Ndjson);
        for (int at = 0; at < whole.Length; at++)
        {
            byte[] flipped = [.. whole];
            flipped[at] ^= (byte)(1 << (at % 8));
            ReadOrFail(flipped, isCsv);
            ReadOrFail(whole[..at], isCsv);
        }
    }

    [Theory]
    [InlineData("{\"a\":null}\n", "names")]
    [InlineData("[]\n", "StartObject")]
    [InlineData("{}\n", "PropertyName")]
    public void Lines_of_JSON_that_are_no_rows(string line, string problem)
    {
        CorruptDataException refused = Assert.Throws<CorruptDataException>(() => Read(Encoding.UTF8.GetBytes(line), RowFormat.Ndjson));

        Assert.Contains(problem, refused.Message, StringComparison.Ordinal);
        Assert.Contains("line 1", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Null_is_not_the_empty_text()
    {
        Assert.Equal(
            "{\"a \\\"b\\\",\\n\\\\\":null,\"bytes\":{\"base64\":\"AQ==\"},\"n\":\"5\"}\n{\"a \\\"b\\\",\\n\\\\\":\"\",\"bytes\":null,\"n\":null}\n",
            Encoding.UTF8.GetString(Write([(null, [1], 5), ("", null, null)], RowFormat.Ndjson)));
        Assert.Equal(
            "\"a \"\"b\"\",\n\\\",\"bytes\",\"n\"\n,\"AQ==\",5\n\"\",,\n",
            Encoding.UTF8.GetString(Write([(null, [1], 5), ("", null, null)], RowFormat.Csv)));
    }

    private static void AssertComesBack((string? Text, byte[]? Bytes, long? Number)[] rows, RowFormat format)
    {
        List<(string?, byte[]?, long?)> back = Read(Write(rows, format), format);
        Assert.Equal(rows.Length, back.Count);
        foreach (((string? text, byte[]? bytes, long? number), (string? Text, byte[]? Bytes, long? Number) row) in back.Zip(rows))
        {
            Assert.Equal(row.Text, text);
            Assert.Equal(row.Bytes, bytes);
            Assert.Equal(row.Number, number);
        }
    }

    private static void ReadOrFail(byte[] bytes, bool isCsv)
    {
        try
        {
            Read(bytes, isCsv ? RowFormat.Csv : RowFormat.Ndjson);
        }
        catch (CorruptDataException)
        {
            // The clean error.
        }
    }

    private static byte[] Write((string? Text, byte[]? Bytes, long? Number)[] rows, RowFormat format)
    {
        RowText text = RowText.Of(format, Table);
        ArrayBufferWriter<byte> output = new();
        text.WriteHead(output);
        OdbcRow row = new();
        foreach ((string? value, byte[]? bytes, long? number) in rows)
        {
            row.Clear();
            Add(row, ValueKind.Text, value is null ? null : Encoding.UTF8.GetBytes(value));
            Add(row, ValueKind.Binary, bytes);
            Add(row, ValueKind.Text, number is null ? null : Encoding.UTF8.GetBytes(number.Value.ToString()));
            text.Write(row, output);
        }

        return output.WrittenSpan.ToArray();
    }

    private static void Add(OdbcRow row, ValueKind kind, byte[]? value)
    {
        if (value is null)
            row.AddNull();
        else
            row.Add(kind, value);
    }

    private static List<(string?, byte[]?, long?)> Read(byte[] bytes, RowFormat format)
    {
        RowText text = RowText.Of(format, Table);
        LineReader lines = new(new MemoryStream(bytes));
        OdbcRow row = new();
        text.ReadHead(lines);
        List<(string?, byte[]?, long?)> rows = [];
        while (text.Read(lines, row))
            rows.Add((row.Text(0), row.Kind(1) == ValueKind.Null ? null : row.Bytes(1).ToArray(), long.TryParse(row.Text(2), out long number) ? number : null));
        return rows;
    }
}
