using System.Globalization;
using System.Text;

namespace Snapstore.Sources.Split;

/// <summary>A name of any kind as the name of a file: readable, and different for different names.</summary>
internal static class PartName
{
    // Leaves room for what is put behind it.
    private const int SizeMax = 200;

    /// <summary>The file's name: '/', '%', control characters, a leading '.' and what is too long are written as %XX.</summary>
    public static string Of(string name)
    {
        StringBuilder text = new();
        foreach (char c in name)
        {
            bool isPlain = c is not ('/' or '%') && !char.IsControl(c) && !(c == '.' && text.Length == 0);
            text.Append(isPlain ? c.ToString() : string.Create(CultureInfo.InvariantCulture, $"%{(int)c:X2}"));
        }

        string whole = text.Length == 0 ? "%" : text.ToString();
        if (Encoding.UTF8.GetByteCount(whole) <= SizeMax)
            return whole;
        byte[] hash = new byte[32];
        Hashing.Blake3.Hash(Encoding.UTF8.GetBytes(name), hash);
        int end = whole.Length;
        while (Encoding.UTF8.GetByteCount(whole.AsSpan(0, end)) > SizeMax - 34)
            end--;
        return whole[..end] + "%%" + Convert.ToHexStringLower(hash.AsSpan(0, 16));
    }
}
