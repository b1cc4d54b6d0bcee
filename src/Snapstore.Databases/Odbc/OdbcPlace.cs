using System.Text;

namespace Snapstore.Databases.Odbc;

/// <summary>How the rows of a table are written.</summary>
internal enum RowFormat
{
    /// <summary>One JSON object a row.</summary>
    Ndjson,

    /// <summary>Comma-separated values with a line of names.</summary>
    Csv,
}

/// <summary>What `odbc:` names: a DSN or a list of KEY=VALUE;..., and what follows its question mark.</summary>
internal sealed class OdbcPlace
{
    private static readonly string[] UserKeys = ["UID", "USER", "USERNAME", "USERID", "USER ID"];
    private static readonly string[] SecretWords = ["PWD", "PASSWD", "PASSWORD", "SECRET", "TOKEN", "PASSPHRASE"];

    private readonly List<(string Key, string Value)> _keys;

    private OdbcPlace(List<(string Key, string Value)> keys, string query)
    {
        _keys = keys;
        foreach (string part in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
            Read(part);
    }

    /// <summary>How rows are written by a snapshot.</summary>
    public RowFormat Format { get; private set; }

    /// <summary>True takes the DBMS for one that is not known, so that only what ODBC promises is used.</summary>
    public bool IsGeneric { get; private set; }

    /// <summary>What is connected to, without the user: `odbc:shop`. Compared between snapshots.</summary>
    public string Name => "odbc:" + (_keys is [("DSN", string dsn)]
        ? dsn
        : string.Join(';', _keys.Where(pair => !UserKeys.Contains(pair.Key, StringComparer.OrdinalIgnoreCase)).Select(pair => $"{pair.Key}={Quoted(pair.Value)}")));

    /// <summary>Reads what stands behind `odbc:`.</summary>
    /// <exception cref="UsageException">It is none, or holds a secret.</exception>
    public static OdbcPlace Of(DatabaseUrl url)
    {
        string text = url.Path;
        if (url.Host.Length > 0 || text.Length == 0)
            throw new UsageException("an ODBC database is named as odbc:DSN or odbc:KEY=VALUE;KEY=VALUE (no '//')");
        int mark = QuestionMark(text);
        string main = mark < 0 ? text : text[..mark];
        List<(string Key, string Value)> keys = main.Contains('=', StringComparison.Ordinal) ? ParseKeys(main) : [("DSN", main)];
        foreach ((string key, _) in keys)
            RefuseSecret(key);
        return new OdbcPlace(keys, mark < 0 ? "" : text[(mark + 1)..]);
    }

    /// <summary>True where the connection itself, and not a DSN, names such a driver.</summary>
    public bool NamesDriver(string part) => _keys.Exists(pair =>
        pair.Key.Equals("DRIVER", StringComparison.OrdinalIgnoreCase) && pair.Value.Contains(part, StringComparison.OrdinalIgnoreCase));

    /// <summary>The text for the driver manager.</summary>
    /// <param name="added">Keys that are added unless they are set.</param>
    /// <param name="password">The password; null to leave it to the DSN.</param>
    public string ConnectionString(IEnumerable<(string Key, string Value)> added, string? password)
    {
        List<(string Key, string Value)> all = [.. _keys];
        all.AddRange(added.Where(pair => !_keys.Exists(set => set.Key.Equals(pair.Key, StringComparison.OrdinalIgnoreCase))));
        if (password is not null)
            all.Add(("PWD", password));
        return string.Join(';', all.Select(pair => $"{pair.Key}={Quoted(pair.Value)}")) + ";";
    }

    // A '?' inside braces belongs to the value.
    private static int QuestionMark(string text)
    {
        int mark = text.LastIndexOf('?');
        return mark > text.LastIndexOf('}') ? mark : -1;
    }

    private void Read(string parameter)
    {
        RefuseSecret(parameter.Split('=')[0]);
        switch (parameter)
        {
            case "format=ndjson":
                Format = RowFormat.Ndjson;
                break;
            case "format=csv":
                Format = RowFormat.Csv;
                break;
            case "dialect=generic":
                IsGeneric = true;
                break;
            default:
                throw new UsageException($"odbc: has no parameter '{parameter}'; there are format=ndjson, format=csv and dialect=generic");
        }
    }

    private static void RefuseSecret(string key)
    {
        if (SecretWords.Any(word => key.Contains(word, StringComparison.OrdinalIgnoreCase)))
            throw new UsageException("the odbc: argument holds a password or another secret, which every user of this machine can see in the list of processes; set SNAPSTORE_DATABASE_PASSWORD_FILE, or put it into the DSN in odbc.ini");
        if (key.Equals("SAVEFILE", StringComparison.OrdinalIgnoreCase))
            throw new UsageException("SAVEFILE would write the connection with its password to a file; leave it out");
    }

    private static List<(string Key, string Value)> ParseKeys(string text)
    {
        List<(string Key, string Value)> keys = [];
        for (int at = 0; at < text.Length;)
        {
            int equals = text.IndexOf('=', at);
            if (equals <= at)
                throw new UsageException($"an ODBC connection is written as KEY=VALUE;KEY=VALUE, with {{}} around values that hold ';' (part {keys.Count + 1} is not)");
            string key = text[at..equals].Trim();
            at = equals + 1;
            keys.Add((key, at < text.Length && text[at] == '{' ? TakeBraced(text, ref at) : TakePlain(text, ref at)));
        }

        return keys;
    }

    private static string TakePlain(string text, ref int at)
    {
        int end = text.IndexOf(';', at);
        string value = text[at..(end < 0 ? text.Length : end)].Trim();
        at = end < 0 ? text.Length : end + 1;
        return value;
    }

    private static string TakeBraced(string text, ref int at)
    {
        StringBuilder value = new();
        for (at++; at < text.Length; at++)
        {
            if (text[at] == '}' && (at + 1 >= text.Length || text[at + 1] != '}'))
            {
                at = text.IndexOf(';', at) is >= 0 and int end ? end + 1 : text.Length;
                return value.ToString();
            }

            value.Append(text[at]);
            at += text[at] == '}' ? 1 : 0;
        }

        throw new UsageException("a '{' in the ODBC connection has no '}'");
    }

    private static string Quoted(string value) =>
        value.AsSpan().IndexOfAny("[]{}(),;?*=!@ ") < 0 ? value : $"{{{value.Replace("}", "}}", StringComparison.Ordinal)}}}";
}
