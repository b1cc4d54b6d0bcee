using System.Text;

namespace Snapstore.Databases.Odbc;

/// <summary>What the driver or the server said. Internal to this folder: whoever calls from outside gets a SourceException.</summary>
internal sealed class OdbcException(string message, string state) : IOException(message)
{
    /// <summary>The five characters of SQLSTATE.</summary>
    public string State { get; } = state;

    /// <summary>What the server said last to a handle, without a secret.</summary>
    /// <param name="type">Kind of the handle.</param>
    /// <param name="handle">The handle.</param>
    /// <param name="what">What was tried: "read table a".</param>
    /// <param name="secret">A text that must not be repeated.</param>
    public static unsafe OdbcException Of(short type, nint handle, string what, string? secret)
    {
        const int MessageMax = 2048;
        char* state = stackalloc char[6], text = stackalloc char[MessageMax];
        StringBuilder all = new();
        string firstState = "";
        for (short record = 1; record <= 5; record++)
        {
            short result = OdbcNative.SQLGetDiagRecW(type, handle, record, state, out _, text, MessageMax, out short length);
            if (result is not (OdbcNative.Success or OdbcNative.SuccessWithInfo))
                break;
            string recordState = new(state, 0, 5);
            firstState = firstState.Length == 0 ? recordState : firstState;
            string said = WithoutSources(new string(text, 0, Math.Clamp((int)length, 0, MessageMax - 1)));
            all.Append(all.Length == 0 ? "" : "; ").Append(said.Trim().ReplaceLineEndings(" "));
        }

        if (all.Length == 0)
            all.Append("the driver gives no reason");
        if (!string.IsNullOrEmpty(secret))
            all.Replace(secret, "***");
        return new OdbcException($"{what}: {all} [{(firstState.Length == 0 ? "no SQLSTATE" : firstState)}]", firstState);
    }

    // "[unixODBC][Driver Manager]text" -> "text"
    private static string WithoutSources(string text)
    {
        while (text.StartsWith('[') && text.IndexOf(']', StringComparison.Ordinal) is > 0 and int end)
            text = text[(end + 1)..];
        return text;
    }
}
