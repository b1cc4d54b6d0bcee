using System.Buffers.Binary;
using System.Text;
using Snapstore.Databases;
using Snapstore.Databases.Sqlite;
using Snapstore.Tests.Formats;

namespace Snapstore.Fuzz;

/// <summary>What snapshots of databases say of themselves, and files of databases that others wrote.</summary>
internal static class DatabaseTargets
{
    private const int PageSize = 512, WalHeaderSize = 32, FrameSize = 24 + PageSize;

    /// <summary>The targets.</summary>
    public static IEnumerable<FuzzTarget> All =>
    [
        new("database", "DatabaseDescription.Decode", StartOfDescription, GiveDescription)
        {
            Words = TextTargets.Words("null", "[]", "{}", "\"\"", "[null]", "\"tables\":", "\"key\":", "\"columns\":", "\"properties\":", "\"engine\":", "-1", "9223372036854775808", "\"\\ud800\""),
        },
        new("wal", "WalFile.Recover", StartOfWal, GiveWal) { Words = [[0x37, 0x7f, 0x06, 0x82], [0x37, 0x7f, 0x06, 0x83], [0, 0, 2, 0], [0, 0, 0, 0], [0xff, 0xff, 0xff, 0xff]] },
    ];

    private static IEnumerable<byte[]> StartOfDescription(SeededValues values)
    {
        DatabaseDescription description = new()
        {
            Engine = "SQLite",
            Position = new() { ["change_counter"] = "7" },
            Properties = new() { ["file"] = "a.db" },
            Tables = [new() { Name = "t", File = "a.db", Rows = values.Int(1000), Columns = [new("a", "INTEGER", IsNullable: false)], Key = ["a"], Properties = new() { ["kind"] = "table" } }],
            Objects = [new("view", "", "v")],
            Warnings = ["none"],
        };
        yield return description.Encode();
        yield return """{"engine":"x","tables":[{"name":"t"}]}"""u8.ToArray();
    }

    private static string? GiveDescription(byte[] input)
    {
        DatabaseDescription description = DatabaseDescription.Decode(input);
        _ = description.Tables.Sum(table => table.Name.Length + table.Schema.Length + table.Columns.Sum(column => column.Name.Length + column.Type.Length) + table.Key.Sum(key => key.Length) + table.Properties.Sum(pair => pair.Value.Length));
        _ = description.Objects.Sum(found => found.Kind.Length + found.Schema.Length + found.Name.Length) + description.Warnings.Sum(warning => warning.Length);
        _ = description.Position.Concat(description.Properties).Sum(pair => pair.Value.Length) + description.Engine.Length + description.Version.Length;
        byte[] encoded = description.Encode();
        return DatabaseDescription.Decode(encoded).Encode().AsSpan().SequenceEqual(encoded) ? null : "is another one when encoded and decoded again";
    }

    private static IEnumerable<byte[]> StartOfWal(SeededValues values)
    {
        byte[] wal = new byte[WalHeaderSize + (3 * FrameSize)];
        uint[] header = [0x377f0682, 3007000, PageSize, 0, 17, 18];
        for (int i = 0; i < header.Length; i++)
            Write(wal, 4 * i, header[i]);
        for (int frame = 0; frame < 3; frame++)
        {
            int at = WalHeaderSize + (frame * FrameSize);
            values.Fill(PageSize).CopyTo(wal, at + 24);
            Write(wal, at, (uint)(frame + 1));
            Write(wal, at + 4, frame == 1 ? 2u : 0);
        }

        yield return wal;
    }

    private static string? GiveWal(byte[] input)
    {
        // Behind a wrong checksum nothing is read: only sealed anew does the fuzz get further.
        byte[] log = [.. input];
        Seal(log);
        string file = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"snapstore-fuzz-{Environment.ProcessId}.wal");
        File.WriteAllBytes(file, log);
        try
        {
            using WalFile wal = WalFile.Recover(StillFile.Open(Encoding.UTF8.GetBytes(file)), PageSize);
            if (wal.PageCount == 0)
                return FuzzTarget.Refused;
            byte[] page = new byte[PageSize];
            for (int at = WalHeaderSize; at + FrameSize <= log.Length; at += FrameSize)
            {
                uint number = BinaryPrimitives.ReadUInt32BigEndian(log.AsSpan(at));
                if (wal.Holds(number) && !wal.TryRead(number, 0, page))
                    return $"holds page {number} and does not give it";
            }

            return null;
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static void Seal(byte[] log)
    {
        if (log.Length < WalHeaderSize)
            return;
        bool isBigEndian = (log[3] & 1) != 0;
        (uint A, uint B) sum = Sum(log.AsSpan(0, 24), default, isBigEndian);
        (uint, uint) salts = (BinaryPrimitives.ReadUInt32BigEndian(log.AsSpan(16)), BinaryPrimitives.ReadUInt32BigEndian(log.AsSpan(20)));
        Put(log, 24, sum);
        for (int at = WalHeaderSize; at + FrameSize <= log.Length; at += FrameSize)
        {
            Put(log, at + 8, salts);
            sum = Sum(log.AsSpan(at + 24, PageSize), Sum(log.AsSpan(at, 8), sum, isBigEndian), isBigEndian);
            Put(log, at + 16, sum);
        }
    }

    // As sqlite.org/fileformat2.html, 4.2, has it.
    private static (uint A, uint B) Sum(ReadOnlySpan<byte> bytes, (uint A, uint B) sum, bool isBigEndian)
    {
        for (int at = 0; at < bytes.Length; at += 8)
        {
            sum.A = unchecked(sum.A + Word(bytes[at..], isBigEndian) + sum.B);
            sum.B = unchecked(sum.B + Word(bytes[(at + 4)..], isBigEndian) + sum.A);
        }

        return sum;
    }

    private static uint Word(ReadOnlySpan<byte> bytes, bool isBigEndian) =>
        isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    private static void Put(byte[] log, int at, (uint First, uint Second) pair)
    {
        Write(log, at, pair.First);
        Write(log, at + 4, pair.Second);
    }

    private static void Write(byte[] log, int at, uint number) => BinaryPrimitives.WriteUInt32BigEndian(log.AsSpan(at), number);
}
