using System.Buffers;
using System.Text;

namespace Snapstore.Text;

/// <summary>Raw name bytes as text that is safe to print: what is not valid UTF-8, a control character or a
/// backslash becomes \xNN, so that the text can be told apart and turned back.</summary>
public static class PrintablePath
{
    // Marks that make the rest of a line read backwards can make one name look like another.
    private static bool TurnsDirection(int rune) => rune is 0x200e or 0x200f or (>= 0x202a and <= 0x202e) or (>= 0x2066 and <= 0x2069);

    /// <summary>The text for a name or path.</summary>
    public static string Of(ReadOnlySpan<byte> path)
    {
        StringBuilder text = new(path.Length);
        while (!path.IsEmpty)
        {
            OperationStatus status = Rune.DecodeFromUtf8(path, out Rune rune, out int length);
            bool isSafe = status == OperationStatus.Done && !Rune.IsControl(rune) && rune.Value is not ('\\' or 0x2028 or 0x2029) && !TurnsDirection(rune.Value);
            if (isSafe)
            {
                text.Append(rune.ToString());
            }
            else
            {
                foreach (byte b in path[..length])
                    text.Append("\\x").Append(b.ToString("x2", System.Globalization.CultureInfo.InvariantCulture));
            }

            path = path[length..];
        }

        return text.ToString();
    }
}
