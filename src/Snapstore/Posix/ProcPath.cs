using System.Globalization;
using System.Text;

namespace Snapstore.Posix;

/// <summary>Paths for the calls that take no descriptor: the kernel resolves them to the open file itself.</summary>
internal static class ProcPath
{
    /// <summary>The path of an open file.</summary>
    public static byte[] Of(int descriptor) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{descriptor}"));
}
