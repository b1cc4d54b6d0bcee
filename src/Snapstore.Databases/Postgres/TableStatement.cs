using System.Text.RegularExpressions;

namespace Snapstore.Databases.Postgres;

/// <summary>What a statement of a dump does to a table, as far as the restore of one table cares.</summary>
internal enum TableStatementKind
{
    /// <summary>A setting for the statements that follow.</summary>
    Setting,

    /// <summary>Makes the table.</summary>
    Create,

    /// <summary>Makes it a partition of another.</summary>
    Attach,

    /// <summary>Gives a column a default, or makes it an identity.</summary>
    Column,

    /// <summary>Adds a primary key, a unique or an exclusion constraint.</summary>
    Key,

    /// <summary>Makes an index.</summary>
    Index,

    /// <summary>Attaches an index of a partition to that of its table.</summary>
    AttachIndex,

    /// <summary>A comment on the table or a column of it.</summary>
    Comment,

    /// <summary>Who owns it and who may do what.</summary>
    Owner,

    /// <summary>Anything else that belongs to it: foreign keys, triggers, rules, policies, statistics, its sequences, ...</summary>
    Other,
}

/// <summary>A statement of pg_dump's that belongs to one table.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Table">The table, as SQL; "" for a setting.</param>
/// <param name="Statement">The statement.</param>
/// <param name="File">The script it stands in.</param>
internal sealed partial record TableStatement(TableStatementKind Kind, string Table, SqlStatement Statement, string File)
{
    private const string Word = """(?:"(?:[^"]|"")*"|[^\s".,;()]+)""";
    private const string Qualified = $@"{Word}\.{Word}";
    private const string OnTable = $@"ON (?:ONLY )?(?<table>{Qualified})(?=[\s(]|$)";

    // The first that fits counts. "index" is remembered: later statements name it alone. "owned" is a sequence.
    private static readonly (TableStatementKind Kind, Regex Form)[] Forms =
    [
        (TableStatementKind.Create, Form($@"^CREATE (?:UNLOGGED )?TABLE (?<table>{Qualified})\s")),
        (TableStatementKind.Attach, Form($@"^ALTER TABLE ONLY {Qualified} ATTACH PARTITION (?<table>{Qualified})\s")),
        (TableStatementKind.Owner, Form($@"^ALTER TABLE (?<table>{Qualified}) OWNER TO ")),
        (TableStatementKind.Owner, Form($@"^(?:GRANT|REVOKE) [^']*? ON (?:TABLE|SEQUENCE) (?<table>{Qualified}) (?:TO|FROM) ")),
        (TableStatementKind.Comment, Form($@"^COMMENT ON TABLE (?<table>{Qualified}) IS ")),
        (TableStatementKind.Comment, Form($@"^COMMENT ON COLUMN (?<table>{Qualified})\.{Word} IS ")),
        (TableStatementKind.Column, Form($@"^ALTER TABLE (?:ONLY )?(?<table>{Qualified}) ALTER COLUMN {Word} (?:SET DEFAULT|ADD GENERATED) ")),
        (TableStatementKind.Key, Form($@"^ALTER TABLE (?:ONLY )?(?<table>{Qualified})\s+ADD CONSTRAINT (?<index>{Word}) (?:PRIMARY KEY|UNIQUE|EXCLUDE) ")),
        (TableStatementKind.Index, Form($@"^CREATE (?:UNIQUE )?INDEX (?<index>{Word}) {OnTable}")),
        (TableStatementKind.AttachIndex, Form($@"^ALTER INDEX {Qualified} ATTACH PARTITION (?<named>{Qualified})$")),
        (TableStatementKind.Other, Form($@"^ALTER TABLE (?:ONLY )?(?<table>{Qualified})\s")),
        (TableStatementKind.Other, Form($@"^CREATE (?:CONSTRAINT )?TRIGGER {Word} .*? {OnTable}")),
        (TableStatementKind.Other, Form($@"^CREATE POLICY {Word} {OnTable}")),
        (TableStatementKind.Other, Form($@"^CREATE RULE {Word} AS\s+ON \w+ TO (?<table>{Qualified})\s")),
        (TableStatementKind.Other, Form($@"^CREATE STATISTICS (?<index>{Qualified}) .*\sFROM (?<table>{Qualified})$")),
        (TableStatementKind.Other, Form($@"^COMMENT ON (?:TRIGGER|RULE|POLICY|CONSTRAINT) {Word} {OnTable}")),
        (TableStatementKind.Other, Form($@"^(?:COMMENT ON|ALTER) (?:INDEX|STATISTICS) (?<named>{Qualified})\s")),
        (TableStatementKind.Other, Form($@"^ALTER SEQUENCE (?<owned>{Qualified}) OWNED BY (?<table>{Qualified})\.{Word}$")),
        (TableStatementKind.Other, Form($@"^(?:CREATE SEQUENCE|ALTER SEQUENCE|COMMENT ON SEQUENCE) (?<table>{Qualified})\s")),
        (TableStatementKind.Other, Form($@"^SELECT pg_catalog\.setval\('(?<text>(?:[^']|'')*)',")),
        (TableStatementKind.Setting, Form("^(?:SET |SELECT pg_catalog.set_config)")),
    ];

    private static readonly Regex IdentitySequence = Form($@"SEQUENCE NAME (?<owned>{Qualified})\s");

    /// <summary>True where it makes the table or a sequence of its own.</summary>
    public bool IsNewRelation => Kind == TableStatementKind.Create || Statement.Text.StartsWith("CREATE SEQUENCE ", StringComparison.Ordinal);

    /// <summary>The statements of scripts that belong to these tables and to the sequences they own, in order; settings too.</summary>
    /// <param name="tables">Tables as SQL.</param>
    /// <param name="read">Reads all statements of all scripts; called twice, for what a sequence belongs to is told after it.</param>
    public static List<TableStatement> Of(IReadOnlySet<string> tables, Func<IEnumerable<(string File, SqlStatement Statement)>> read)
    {
        HashSet<string> relations = [.. tables];
        foreach ((_, SqlStatement statement) in read())
        {
            if (Match(statement.Text) is (_, { } match) && tables.Contains(match.Groups["table"].Value))
                AddSequences(relations, match, statement.Text);
        }

        HashSet<string> named = [];
        List<TableStatement> found = [];
        foreach ((string file, SqlStatement statement) in read())
        {
            if (Match(statement.Text) is (var kind, { } match) && TableOf(kind, match, relations, named) is { } table)
                found.Add(new TableStatement(kind, table, statement, file));
        }

        return found;
    }

    /// <summary>The statement for another table: its name replaced, names of indexes left to the server.</summary>
    /// <param name="target">The other table as SQL.</param>
    public SqlStatement For(string target)
    {
        Match match = Match(Statement.Text)!.Value.Match;
        string text = Statement.Text;
        foreach (Group part in new[] { match.Groups["table"], match.Groups["index"] }.Where(part => part.Success).OrderByDescending(part => part.Index))
            text = string.Concat(text.AsSpan(0, part.Index), part.Name == "table" ? target : "", text.AsSpan(part.Index + part.Length));
        text = Kind switch
        {
            TableStatementKind.Key => text.Replace("ADD CONSTRAINT  ", "ADD ", StringComparison.Ordinal),
            TableStatementKind.Column => IdentityName().Replace(text, ""),
            TableStatementKind.Create => Partitioned().Replace(text, ")"),
            _ => text,
        };
        return Statement with { Text = text };
    }

    private static string? TableOf(TableStatementKind kind, Match match, HashSet<string> relations, HashSet<string> named)
    {
        if (kind == TableStatementKind.Setting)
            return "";
        if (match.Groups["named"] is { Success: true } name)
            return named.Contains(name.Value) ? name.Value : null;
        string table = match.Groups["text"] is { Success: true } text ? text.Value.Replace("''", "'", StringComparison.Ordinal) : match.Groups["table"].Value;
        if (!relations.Contains(table))
            return null;
        if (match.Groups["index"] is { Success: true } index)
            named.Add(index.Value.Contains('.', StringComparison.Ordinal) && kind == TableStatementKind.Other ? index.Value : $"{SchemaOf(table)}.{index.Value}");
        return table;
    }

    private static void AddSequences(HashSet<string> relations, Match match, string text)
    {
        if (match.Groups["owned"] is { Success: true } owned)
            relations.Add(owned.Value);
        if (IdentitySequence.Match(text) is { Success: true } identity)
            relations.Add(identity.Groups["owned"].Value);
    }

    private static (TableStatementKind Kind, Match Match)? Match(string statement)
    {
        foreach ((TableStatementKind kind, Regex form) in Forms)
        {
            if (form.Match(statement) is { Success: true } match)
                return (kind, match);
        }

        return null;
    }

    private static string SchemaOf(string qualified) => FirstWord().Match(qualified).Value;

    private static Regex Form(string pattern) => new(pattern, RegexOptions.Singleline | RegexOptions.CultureInvariant);

    [GeneratedRegex($"^{Word}")]
    private static partial Regex FirstWord();

    [GeneratedRegex($@"\n\s*SEQUENCE NAME {Word}\.{Word}(?=\s)")]
    private static partial Regex IdentityName();

    [GeneratedRegex(@"\)\s*PARTITION BY [^\n]*$")]
    private static partial Regex Partitioned();
}
