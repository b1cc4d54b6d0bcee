namespace Snapstore.Hashing;

/// <summary>The CRC-32 of zip and of xbstream (ISO 3309, polynomial 0xEDB88320, reflected), eight bytes a step through eight tables.</summary>
internal struct Crc32
{
    private const uint Polynomial = 0xEDB88320;
    private const int Step = 8, TableSize = 256;

    private static readonly uint[] Tables = MakeTables();

    private uint _inverted;

    /// <summary>The sum of all bytes so far.</summary>
    public readonly uint Value => _inverted;

    /// <summary>Takes in bytes.</summary>
    public void Update(ReadOnlySpan<byte> bytes)
    {
        uint crc = ~_inverted;
        ReadOnlySpan<uint> tables = Tables;
        while (bytes.Length >= Step)
        {
            crc ^= System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            crc = tables[(7 * TableSize) + (int)(crc & 0xff)]
                ^ tables[(6 * TableSize) + (int)((crc >> 8) & 0xff)]
                ^ tables[(5 * TableSize) + (int)((crc >> 16) & 0xff)]
                ^ tables[(4 * TableSize) + (int)(crc >> 24)]
                ^ tables[(3 * TableSize) + bytes[4]]
                ^ tables[(2 * TableSize) + bytes[5]]
                ^ tables[TableSize + bytes[6]]
                ^ tables[bytes[7]];
            bytes = bytes[Step..];
        }

        foreach (byte b in bytes)
            crc = (crc >> 8) ^ tables[(int)((crc ^ b) & 0xff)];
        _inverted = ~crc;
    }

    // Table n: what a byte contributes with n bytes behind it.
    private static uint[] MakeTables()
    {
        uint[] tables = new uint[Step * TableSize];
        for (uint i = 0; i < TableSize; i++)
        {
            uint crc = i;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) * Polynomial);
            tables[i] = crc;
        }

        for (int i = TableSize; i < tables.Length; i++)
            tables[i] = (tables[i - TableSize] >> 8) ^ tables[(int)(tables[i - TableSize] & 0xff)];
        return tables;
    }
}
