using System.Text;

namespace Snapstore.Databases.Postgres;

/// <summary>One statement of a script.</summary>
/// <param name="Text">Without the semicolon at its end and without comments before it.</param>
/// <param name="Line">The line it begins in, from 1.</param>
internal readonly record struct SqlStatement(string Text, int Line);

/// <summary>Cuts what pg_dump wrote into statements, as psql does: quotes of every kind, comments, parentheses and bodies of
/// functions (BEGIN ATOMIC ... END) keep their semicolons.</summary>
/// <remarks>Lines for psql alone (`\restrict`, `\connect`) are passed over: nothing here obeys commands of a script.</remarks>
internal sealed class SqlScript
{
    private readonly TextReader _reader;
    private readonly StringBuilder _text = new();
    private readonly List<string> _firstWords = [];
    private int _line = 1, _parentheses, _bodies;

    private SqlScript(TextReader reader) => _reader = reader;

    /// <summary>The statements of a script, as they are read; one is in memory at a time.</summary>
    public static IEnumerable<SqlStatement> Statements(TextReader reader)
    {
        SqlScript script = new(reader);
        while (script.Next() is { } statement)
            yield return statement;
    }

    private SqlStatement? Next()
    {
        _text.Clear();
        _firstWords.Clear();
        _parentheses = _bodies = 0;
        SkipToStatement();
        int line = _line;
        while (_reader.Peek() >= 0)
        {
            if (_reader.Peek() == ';' && _parentheses == 0 && _bodies == 0)
            {
                Read();
                return new SqlStatement(_text.ToString(), line);
            }

            Token();
        }

        string rest = _text.ToString().Trim();
        return rest.Length > 0 ? throw new SourceException($"the script ends in line {_line} within the statement of line {line}") : null;
    }

    private void SkipToStatement()
    {
        while (_reader.Peek() is >= 0 and int next)
        {
            if (char.IsWhiteSpace((char)next) || next == ';')
            {
                Read();
            }
            else if (next == '\\')
            {
                SkipLine();
            }
            else if (next == '-')
            {
                Keep();
                if (_reader.Peek() != '-')
                    return;
                SkipLine();
                _text.Clear();
            }
            else
            {
                return;
            }
        }
    }

    private void SkipLine()
    {
        while (_reader.Peek() is >= 0 and not '\n')
            Read();
    }

    private void Token()
    {
        char c = Keep();
        switch (c)
        {
            case '\'':
                Quoted('\'', escapes: false);
                break;
            case '"':
                Quoted('"', escapes: false);
                break;
            case '-' when _reader.Peek() == '-':
                while (_reader.Peek() is >= 0 and not '\n')
                    Keep();
                break;
            case '/' when _reader.Peek() == '*':
                Comment();
                break;
            case '$':
                Dollar();
                break;
            case '(':
                _parentheses++;
                break;
            case ')':
                _parentheses--;
                break;
            case var _ when IsWordStart(c):
                Word();
                break;
            case var _ when char.IsAsciiDigit(c):
                while (_reader.Peek() is >= 0 and int next && IsWordPart((char)next))
                    Keep();
                break;
        }
    }

    // A doubled quote is the end of one string and the beginning of the next, which comes to the same.
    private void Quoted(char quote, bool escapes)
    {
        while (_reader.Peek() >= 0)
        {
            char c = Keep();
            if (c == quote)
                return;
            if (c == '\\' && escapes && _reader.Peek() >= 0)
                Keep();
        }
    }

    private void Comment()
    {
        Keep();
        for (int depth = 1; depth > 0 && _reader.Peek() >= 0;)
        {
            char c = Keep();
            if (c == '*' && _reader.Peek() == '/')
            {
                Keep();
                depth--;
            }
            else if (c == '/' && _reader.Peek() == '*')
            {
                Keep();
                depth++;
            }
        }
    }

    // $tag$ ... $tag$; $1 is a parameter.
    private void Dollar()
    {
        int start = _text.Length - 1;
        while (_reader.Peek() is >= 0 and int next && IsWordPart((char)next) && next != '$' && !(char.IsAsciiDigit((char)next) && _text.Length == start + 1))
            Keep();
        if (_reader.Peek() != '$')
            return;
        Keep();
        string tag = _text.ToString(start, _text.Length - start);
        int body = _text.Length;
        while (_reader.Peek() >= 0)
        {
            if (Keep() == '$' && _text.Length - body >= tag.Length && EndsWith(tag))
                return;
        }
    }

    private bool EndsWith(string tag)
    {
        for (int i = 1; i <= tag.Length; i++)
        {
            if (_text[^i] != tag[^i])
                return false;
        }

        return true;
    }

    private void Word()
    {
        int start = _text.Length - 1;
        while (_reader.Peek() is >= 0 and int next && IsWordPart((char)next))
            Keep();
        string word = _text.ToString(start, _text.Length - start).ToUpperInvariant();
        if (word == "E" && _reader.Peek() == '\'')
        {
            Keep();
            Quoted('\'', escapes: true);
            return;
        }

        if (_firstWords.Count < 4)
            _firstWords.Add(word);
        if (_parentheses == 0 && IsRoutine())
            CountBodies(word);
    }

    private void CountBodies(string word)
    {
        if (word == "BEGIN" || (word == "CASE" && _bodies > 0))
            _bodies++;
        else if (word == "END" && _bodies > 0)
            _bodies--;
    }

    // CREATE [OR REPLACE] FUNCTION or PROCEDURE.
    private bool IsRoutine() => _firstWords is
        ["CREATE", "FUNCTION" or "PROCEDURE", ..] or ["CREATE", "OR", "REPLACE", "FUNCTION" or "PROCEDURE"];

    private static bool IsWordStart(char c) => char.IsAsciiLetter(c) || c == '_' || c >= '\x80';

    private static bool IsWordPart(char c) => IsWordStart(c) || char.IsAsciiDigit(c) || c == '$';

    private char Keep()
    {
        char c = Read();
        _text.Append(c);
        return c;
    }

    private char Read()
    {
        char c = (char)_reader.Read();
        if (c == '\n')
            _line++;
        return c;
    }
}
