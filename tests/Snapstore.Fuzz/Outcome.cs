using System.Numerics;

namespace Snapstore.Fuzz;

/// <summary>What came of an execution, as one number: inputs of which one shows a new number are worth keeping.</summary>
internal static class Outcome
{
    private const ulong Basis = 14695981039346656037, Prime = 1099511628211;

    /// <summary>An input was taken; what matters beyond that is how long it is.</summary>
    public static ulong OfSuccess(int length) => unchecked(Basis ^ (uint)(BitOperations.Log2((uint)length + 1) + 1));

    /// <summary>An input was refused without an exception.</summary>
    public const ulong Refused = 1;

    /// <summary>An exception: its type and its message, but for what stands there in digits or quotes.</summary>
    public static ulong OfException(Exception e)
    {
        ulong hash = Add(Basis, e.GetType().Name);
        return Add(hash, e.Message);
    }

    /// <summary>A broken promise: as the message of an exception.</summary>
    public static ulong OfText(string text) => Add(Basis, text);

    // What stands between the first quote and the last is the input's.
    private static ulong Add(ulong hash, string text)
    {
        int first = text.IndexOf('\'', StringComparison.Ordinal), last = text.LastIndexOf('\'');
        for (int i = 0; i < text.Length; i++)
        {
            bool isOfInput = (i > first && i < last) || char.IsAsciiHexDigit(text[i]) || text[i] == '-';
            if (!isOfInput)
                hash = unchecked((hash ^ text[i]) * Prime);
        }

        return hash;
    }
}
