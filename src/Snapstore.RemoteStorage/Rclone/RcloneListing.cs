using System.Text.Json;

namespace Snapstore.RemoteStorage.Rclone;

/// <summary>Answers of operations/list, of millions of files perhaps: read as they come.</summary>
internal static class RcloneListing
{
    private const int BufferSizeFirst = 64 << 10, BufferSizeMax = 16 << 20;

    /// <summary>Tells every file of the list and its size.</summary>
    /// <exception cref="JsonException">It is none, or it has no end.</exception>
    public static void Read(Stream stream, Action<string, long> found)
    {
        byte[] buffer = new byte[BufferSizeFirst];
        int filled = 0;
        Entries entries = new(found);
        JsonReaderState state = default;
        for (bool isLast = false; !isLast;)
        {
            int count = stream.Read(buffer.AsSpan(filled));
            isLast = count == 0;
            filled += count;
            Utf8JsonReader json = new(buffer.AsSpan(0, filled), isLast, state);
            while (json.Read())
                entries.Take(ref json);
            state = json.CurrentState;
            int used = (int)json.BytesConsumed;
            buffer.AsSpan(used, filled - used).CopyTo(buffer);
            filled -= used;
            if (filled == buffer.Length)
                Array.Resize(ref buffer, buffer.Length < BufferSizeMax ? buffer.Length * 2 : throw new JsonException("a name without an end"));
        }

        if (!entries.IsComplete)
            throw new JsonException("no list");
    }

    // {"list": [{"Path": ..., "Size": ...}, ...]}: an object at depth 0 has its members at depth 1, one of the list at depth 3.
    private sealed class Entries(Action<string, long> found)
    {
        private const int ListDepth = 1, EntryDepth = 2, MemberDepth = 3;

        private bool _isInList;
        private string _member = "";
        private string? _path;
        private long? _size;

        public bool IsComplete { get; private set; }

        public void Take(ref Utf8JsonReader json)
        {
            switch (json.TokenType)
            {
                case JsonTokenType.PropertyName when json.CurrentDepth is ListDepth or MemberDepth:
                    _member = json.GetString()!;
                    break;
                case JsonTokenType.StartArray when json.CurrentDepth == ListDepth && _member == "list":
                    _isInList = true;
                    break;
                // An empty list is null in some versions.
                case JsonTokenType.Null when json.CurrentDepth == ListDepth && _member == "list":
                    IsComplete = true;
                    break;
                case JsonTokenType.EndArray when json.CurrentDepth == ListDepth && _isInList:
                    (_isInList, IsComplete) = (false, true);
                    break;
                case JsonTokenType.String when _isInList && json.CurrentDepth == MemberDepth && _member == "Path":
                    _path = json.GetString();
                    break;
                case JsonTokenType.Number when _isInList && json.CurrentDepth == MemberDepth && _member == "Size":
                    _size = json.GetInt64();
                    break;
                case JsonTokenType.EndObject when _isInList && json.CurrentDepth == EntryDepth:
                    found(_path ?? throw new JsonException("an entry without a name"), _size ?? throw new JsonException("an entry without a size"));
                    (_path, _size) = (null, null);
                    break;
                default:
                    break;
            }
        }
    }
}
