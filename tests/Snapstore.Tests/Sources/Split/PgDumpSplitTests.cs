using System.Text;
using Snapstore.Sources.Split;

namespace Snapstore.Tests.Sources.Split;

/// <summary>Dumps as pg_dump writes them: the parts, one behind the other, are the dump, whatever it holds.</summary>
public sealed class PgDumpSplitTests
{
    private const string Dump =
        """
        --
        -- PostgreSQL database dump
        --

        SET x = 1;
        --
        -- Name: f(); Type: FUNCTION; Schema: public; Owner: ana
        --

        CREATE FUNCTION f() AS $$ COPY no.table (a) FROM stdin; $$;


        --
        -- Data for Name: t; Type: TABLE DATA; Schema: public; Owner: ana
        --

        COPY public.t (a, b) FROM stdin;
        1	--
        2	\\.
        3	--\\n-- Data for Name: x
        \.


        --
        -- Data for Name: A b; Type: TABLE DATA; Schema: s/1; Owner: ana
        --

        COPY "s/1"."A b" (a) FROM stdin;
        \.


        --
        -- Name: t_seq; Type: SEQUENCE SET; Schema: public; Owner: ana
        --

        SELECT pg_catalog.setval('public.t_seq', 3, true);


        --
        -- Name: t t_pkey; Type: CONSTRAINT; Schema: public; Owner: ana
        --

        ALTER TABLE ONLY public.t ADD CONSTRAINT t_pkey PRIMARY KEY (a);


        --
        -- PostgreSQL database dump complete
        --


        """;

    private readonly SplitStream _split = new(SplitFormat.PgDump);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public void A_dump_is_cut_where_its_tables_are(int step)
    {
        SortedDictionary<string, byte[]> parts = _split.Files(_split.Take(new Dribble(Encoding.UTF8.GetBytes(Dump), step)));

        Assert.Equal([".pg_dump-order", "data.sql", "post-data.sql", "pre-data.sql", "tables/public.t.sql", "tables/s%2F1.A b.sql"], parts.Keys);
        Assert.Equal(["pre-data.sql", "tables/public.t.sql", "tables/s%2F1.A b.sql", "data.sql", "post-data.sql"], PartOrder.Decode(parts[PartOrder.FileName]));
        Assert.Equal(Dump, Joined(parts));
        Assert.StartsWith("--\n-- Data for Name: t;", Encoding.UTF8.GetString(parts["tables/public.t.sql"]), StringComparison.Ordinal);
        Assert.EndsWith("\\.\n\n\n", Encoding.UTF8.GetString(parts["tables/public.t.sql"]), StringComparison.Ordinal);
        Assert.Contains("SEQUENCE SET", Encoding.UTF8.GetString(parts["data.sql"]), StringComparison.Ordinal);
        Assert.StartsWith("--\n-- Name: t t_pkey", Encoding.UTF8.GetString(parts["post-data.sql"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_longer_than_any_buffer_and_tables_of_many_rows_stay_whole()
    {
        string rows = new string('x', 3 << 20) + "\n" + string.Concat(Enumerable.Range(0, 200_000).Select(i => $"{i}\t\\\\.\n"));
        string dump = Dump.Replace("1\t--\n", rows, StringComparison.Ordinal).Replace("SET x = 1;", new string('y', 2 << 20), StringComparison.Ordinal);
        SortedDictionary<string, byte[]> parts = _split.Files(_split.Take(Encoding.UTF8.GetBytes(dump)));
        Assert.Equal(6, parts.Count);
        Assert.True(dump == Joined(parts));
    }

    [Fact]
    public void A_new_row_changes_only_its_table()
    {
        _split.Take(Encoding.UTF8.GetBytes(Dump));
        Snapstore.Backup.BackupReport second = _split.Take(Encoding.UTF8.GetBytes(Dump.Replace("1\t--\n", "1\t--\n9\tnew\n", StringComparison.Ordinal)));
        Assert.Equal((0, 1, 5), (second.Manifest.Counts.FilesNew, second.Manifest.Counts.FilesChanged, second.Manifest.Counts.FilesUnchanged));
    }

    [Fact]
    public void Every_cut_is_noticed()
    {
        byte[] dump = Encoding.UTF8.GetBytes(Dump);
        int complete = Dump.IndexOf("dump complete", StringComparison.Ordinal) + "dump complete".Length;
        for (int length = 0; length < complete; length += 7)
            Assert.Throws<SourceException>(() => _split.Take(dump[..length]));
        _split.AssertRefuses(dump[..Dump.IndexOf("2\t", StringComparison.Ordinal)], "cut short");
        _split.AssertRefuses(dump[..(complete - 1)], "cut short");
        _split.AssertRefuses("SELECT 1;\n"u8.ToArray(), "nothing that pg_dump");
        _split.AssertRefuses("PGDMP\x01"u8.ToArray(), "-Fp");
    }

    [Fact]
    public void Databases_of_pg_dumpall_lie_apart()
    {
        string all = "--\n-- PostgreSQL database cluster dump\n--\n\n\\connect template1\n\n" + Dump
            + "\\connect -reuse-previous=on \"dbname='a/b'\"\n\n" + Dump + "--\n-- PostgreSQL database cluster dump complete\n--\n\n";
        SortedDictionary<string, byte[]> parts = _split.Files(_split.Take(Encoding.UTF8.GetBytes(all)));
        Assert.Equal(all, Joined(parts));
        Assert.Contains("databases/a%2Fb/tables/public.t.sql", parts.Keys);
        Assert.Contains("databases/template1/post-data.sql", parts.Keys);
    }

    private static string Joined(SortedDictionary<string, byte[]> parts) =>
        string.Concat(PartOrder.Decode(parts[PartOrder.FileName])!.Select(part => Encoding.UTF8.GetString(parts[part])));
}
