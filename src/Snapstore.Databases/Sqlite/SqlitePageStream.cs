namespace Snapstore.Databases.Sqlite;

/// <summary>The pages of a database as one stream; they stay open behind it.</summary>
internal sealed class SqlitePageStream(SqlitePages pages) : ForwardReadStream
{
    private long _offset;

    public override int Read(Span<byte> buffer)
    {
        int count = buffer.IsEmpty ? 0 : pages.Read(_offset, buffer);
        _offset += count;
        return count;
    }
}
