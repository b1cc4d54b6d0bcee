using System.Buffers;
using System.Text;

namespace Snapstore.Cli;

/// <summary>Bytes as text and back without loss, for arguments and paths that need not be UTF-8: a byte NN that is no
/// part of valid UTF-8 becomes the lone surrogate U+DC00 + NN, which valid UTF-8 never yields.</summary>
internal static class RawText
{
    private const char Escape = '\udc00';

    /// <summary>The text of any bytes.</summary>
    public static string FromBytes(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new(bytes.Length);
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out Rune rune, out int length) == OperationStatus.Done)
            {
                text.Append(rune.ToString());
            }
            else
            {
                foreach (byte b in bytes[..length])
                    text.Append((char)(Escape + b));
            }

            bytes = bytes[length..];
        }

        return text.ToString();
    }

    /// <summary>The bytes that <see cref="FromBytes"/> made the text of.</summary>
    public static byte[] ToBytes(string text)
    {
        List<byte> bytes = new(text.Length);
        Span<byte> encoded = stackalloc byte[4];
        for (int i = 0; i < text.Length; i++)
        {
            if (Rune.TryGetRuneAt(text, i, out Rune rune))
            {
                bytes.AddRange(encoded[..rune.EncodeToUtf8(encoded)]);
                i += rune.Utf16SequenceLength - 1;
            }
            else
            {
                bytes.Add((byte)(text[i] & 0xff));
            }
        }

        return [.. bytes];
    }
}
