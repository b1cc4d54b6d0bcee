using System.Globalization;

namespace Snapstore.Databases.Postgres;

/// <summary>libpq's password file: lines of `host:port:database:user:password`, the first that fits counts.</summary>
internal static class PasswordFile
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>The password of PGPASSFILE or ~/.pgpass for this server; null where none fits.</summary>
    /// <exception cref="UsageException">Others than its owner may read the file: libpq would not use it either.</exception>
    public static string? Find(PostgresServer server, Func<string, string?> variable)
    {
        string? named = variable("PGPASSFILE");
        string path = string.IsNullOrEmpty(named) ? $"{variable("HOME")}/.pgpass" : named;
        if (!File.Exists(path))
            return null;
        if ((File.GetUnixFileMode(path) & Others) != 0)
            throw new UsageException($"the password file {path} is open to others; chmod 0600 it");
        try
        {
            return File.ReadLines(path).Select(line => PasswordIn(line, server)).FirstOrDefault(password => password is not null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SourceException($"the password file {path} cannot be read: {e.Message}", e);
        }
    }

    private static string? PasswordIn(string line, PostgresServer server)
    {
        if (line.StartsWith('#'))
            return null;
        List<string> fields = Fields(line);
        if (fields.Count < 5)
            return null;
        bool fits = (Fits(fields[0], server.Host) || (server.Host.StartsWith('/') && Fits(fields[0], "localhost")))
            && Fits(fields[1], server.Port.ToString(CultureInfo.InvariantCulture))
            && Fits(fields[2], server.Database)
            && Fits(fields[3], server.User);
        return fits ? fields[4] : null;
    }

    private static bool Fits(string field, string value) => field == "*" || field == value;

    // '\' takes ':' and '\' literally.
    private static List<string> Fields(string line)
    {
        List<string> fields = [];
        System.Text.StringBuilder field = new();
        for (int at = 0; at < line.Length; at++)
        {
            if (line[at] == '\\' && at + 1 < line.Length)
            {
                field.Append(line[++at]);
            }
            else if (line[at] == ':' && fields.Count < 4)
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else
            {
                field.Append(line[at]);
            }
        }

        fields.Add(field.ToString());
        return fields;
    }
}
