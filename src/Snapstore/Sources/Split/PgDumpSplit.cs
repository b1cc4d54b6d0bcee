using System.Text;

namespace Snapstore.Sources.Split;

/// <summary>Puts the parts of a plain-text dump of pg_dump or pg_dumpall into a tree: the rows of each table in a file of their
/// own, the statements between them in others, and a list of all in their order (spec/split.md).</summary>
/// <remarks>Only where a part ends depends on what is understood of the dump: every byte goes to exactly one part, so the parts,
/// one behind the other, are the dump.</remarks>
internal sealed class PgDumpSplit(ByteInput input, ISourceTree tree, byte[] top)
{
    private const int LineShown = 64 << 10;

    private readonly PgDumpParts _parts = new(tree, top);
    private readonly List<byte[]> _held = [];
    private bool _isDump, _isComplete, _isInData, _isBehindRows;

    /// <summary>Reads the dump to its end.</summary>
    /// <exception cref="SourceException">It is none, or cut short.</exception>
    public void Run(CancellationToken cancel)
    {
        CheckBeginning();
        while (!input.Fill(LineShown).IsEmpty)
        {
            cancel.ThrowIfCancellationRequested();
            TakeStatementLine(cancel);
        }

        if (!_isDump)
            throw input.Damaged("nothing that pg_dump or pg_dumpall writes");
        if (!_isComplete)
            throw input.CutShort();
        ReleaseHeld();
        _parts.Finish();
    }

    private void CheckBeginning()
    {
        ReadOnlySpan<byte> first = input.Fill(512);
        if (first.IsEmpty)
            throw new SourceException("the stream is empty where a dump was expected; no snapshot was made");
        if (first.StartsWith("PGDMP"u8))
            throw new SourceException("the stream is a dump in pg_dump's own form (-Fc); let it write plain text (-Fp) for --split pg_dump; no snapshot was made");
        if (first.Length >= TarBlock.Size && new TarBlock(first).HasChecksum())
            throw new SourceException("the stream is a tar archive; take --split tar; no snapshot was made");
    }

    // A line's beginning tells what it is; the rest of a long one is passed on as it comes.
    private void TakeStatementLine(CancellationToken cancel)
    {
        ReadOnlySpan<byte> at = input.Available;
        int end = at.IndexOf((byte)'\n');
        ReadOnlySpan<byte> line = end < 0 ? at : at[..(end + 1)];
        bool isWhole = end >= 0 || input.HasEnded;
        ReadOnlySpan<byte> text = line.TrimEnd("\r\n"u8);
        Notice(text);
        if (isWhole && IsHeld(text))
        {
            _held.Add(line.ToArray());
            input.Advance(line.Length);
            return;
        }

        byte[]? table = isWhole && text.StartsWith("COPY "u8) && text.EndsWith(" FROM stdin;"u8) && IsBehindHeader() ? TableOf(text) : null;
        if (table is not null)
        {
            TakeTable(table, line, cancel);
            return;
        }

        if (_isBehindRows && !text.IsEmpty)
            EndTable();
        if (text.StartsWith(@"\connect "u8))
            _parts.Connect(text);
        else
            Place();
        ReleaseHeld();
        _parts.Write(line);
        input.Advance(line.Length);
        if (!isWhole)
            CopyRestOfLine(cancel);
    }

    private void Notice(ReadOnlySpan<byte> text)
    {
        bool isMark = text.StartsWith("-- PostgreSQL database "u8);
        _isDump |= isMark;
        if (isMark)
            _isComplete = text.EndsWith(" dump complete"u8);
    }

    // What stands before rows: "--", "-- Data for Name: ...", "--", an empty line. It is held until the COPY shows that it is that.
    private bool IsHeld(ReadOnlySpan<byte> text) => _held.Count switch
    {
        0 => text.SequenceEqual("--"u8),
        1 => text.StartsWith("-- Data for Name: "u8) || text.StartsWith("-- Name: "u8),
        2 => text.SequenceEqual("--"u8),
        3 => text.IsEmpty,
        _ => false,
    };

    // Other statements may stand before the rows (--disable-triggers).
    private bool IsBehindHeader() => _held.Count == 4 ? IsDataHeader() : _isInData && _held.Count == 0;

    private bool IsDataHeader() => _held[1].AsSpan().StartsWith("-- Data for Name: "u8);

    private void Place()
    {
        if (_held.Count != 4)
            return;
        _isInData = IsDataHeader();
        _parts.Place(TypeOf(_held[1]));
    }

    private void EndTable()
    {
        _parts.EndTable();
        _isBehindRows = false;
    }

    private void ReleaseHeld()
    {
        foreach (byte[] line in _held)
            _parts.Write(line);
        _held.Clear();
    }

    private void TakeTable(byte[] table, ReadOnlySpan<byte> line, CancellationToken cancel)
    {
        _parts.Table(table);
        ReleaseHeld();
        Pass(line.Length);
        bool isLineBegin = true;
        while (!TakeRows(ref isLineBegin))
            cancel.ThrowIfCancellationRequested();
        (_isInData, _isBehindRows) = (false, true);
    }

    // Rows end with the line "\.", which cannot be one: a backslash in a row is doubled.
    private bool TakeRows(ref bool isLineBegin)
    {
        ReadOnlySpan<byte> at = input.Fill(LineShown);
        if (at.IsEmpty)
            throw input.CutShort();
        int mark = isLineBegin && at.StartsWith("\\."u8) ? 0 : at.IndexOf("\n\\."u8) + 1;
        bool hasMark = mark > 0 || (isLineBegin && at.StartsWith("\\."u8));
        int lineEnd = hasMark ? at[mark..].IndexOf((byte)'\n') : -1;
        if (hasMark && (lineEnd >= 0 || input.HasEnded))
        {
            ReadOnlySpan<byte> line = lineEnd < 0 ? at[mark..] : at.Slice(mark, lineEnd);
            bool isEnd = line.TrimEnd((byte)'\r').SequenceEqual("\\."u8);
            Pass(lineEnd < 0 ? at.Length : mark + lineEnd + 1);
            isLineBegin = true;
            return isEnd;
        }

        // What may be the beginning of the mark comes again with what follows it.
        int count = mark > 0 ? mark : input.HasEnded ? at.Length : Math.Max(1, at.Length - 2);
        isLineBegin = at[count - 1] == '\n';
        Pass(count);
        return false;
    }

    private void Pass(int count)
    {
        _parts.Write(input.Available[..count]);
        input.Advance(count);
    }

    private void CopyRestOfLine(CancellationToken cancel)
    {
        while (input.Fill(1) is { IsEmpty: false } rest)
        {
            cancel.ThrowIfCancellationRequested();
            int end = rest.IndexOf((byte)'\n');
            Pass(end < 0 ? rest.Length : end + 1);
            if (end >= 0)
                return;
        }
    }

    // "-- Name: t_pkey; Type: CONSTRAINT; Schema: public; Owner: ana"
    private static string TypeOf(ReadOnlySpan<byte> comment)
    {
        int start = comment.LastIndexOf("; Type: "u8);
        if (start < 0)
            return "";
        ReadOnlySpan<byte> rest = comment[(start + 8)..];
        int end = rest.IndexOf((byte)';');
        return Encoding.UTF8.GetString(end < 0 ? rest : rest[..end]);
    }

    // COPY public."a b" (x, y) FROM stdin;
    private static byte[] TableOf(ReadOnlySpan<byte> copy)
    {
        ReadOnlySpan<byte> rest = copy["COPY ".Length..];
        bool isQuoted = false;
        int end = 0;
        while (end < rest.Length && (isQuoted || rest[end] != ' '))
            isQuoted ^= rest[end++] == '"';
        return rest[..end].ToArray();
    }
}
