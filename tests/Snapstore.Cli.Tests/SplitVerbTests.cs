namespace Snapstore.Cli.Tests;

/// <summary>`snapshot --split` with the real programs, their servers included.</summary>
public sealed class SplitVerbTests : IDisposable
{
    private readonly SnapstoreProgram _program = SnapstoreProgram.WithRepository();

    public void Dispose() => _program.Dispose();

    [Fact]
    public void An_archive_of_a_command_becomes_its_files()
    {
        _program.Write("a/one", "1");
        _program.Write("two", "22");
        ProgramRun run = _program.RunShell(
            """
            set -e
            $snapstore snapshot exec: --name kept/tree --split tar -q -- tar -C source -cf - .
            $snapstore ls -R latest:/kept/tree
            $snapstore restore latest:/kept/tree -t restored -q
            diff -r source restored && echo same
            $snapstore stats latest | grep command
            """).Expect(0);
        Assert.Matches("^a/\na/one\ntwo\nsame\n  command +tar -C source -cf - .: exit code 0 after [^\n]+\n$", run.Output);
    }

    [Fact]
    public void A_failed_command_or_archive_makes_no_snapshot()
    {
        _program.Write("a", "1");
        Assert.Contains("exit code 3 (it said: went wrong)", _program.RunShell("$snapstore snapshot exec: --name x --split tar -- sh -c 'tar -cf - source; echo went wrong >&2; exit 3'").Expect(1).Error, StringComparison.Ordinal);
        Assert.Contains("exit code 4", _program.RunShell("$snapstore snapshot exec: --name x --split tar -- sh -c 'tar -cf - source | head -c 600; exit 4'").Expect(1).Error, StringComparison.Ordinal);
        Assert.Contains("cut short", _program.RunShell("tar -cf - source | head -c 600 | $snapstore snapshot - --name x --split tar").Expect(1).Error, StringComparison.Ordinal);
        Assert.Contains("gzip", _program.RunShell("tar -czf - source | $snapstore snapshot - --name x --split tar").Expect(1).Error, StringComparison.Ordinal);
        Assert.Contains("--split is for", _program.Run("snapshot", _program.Source, "--split", "tar").Expect(2).Error, StringComparison.Ordinal);
        Assert.Equal("0 snapshots\n", _program.Run("list").Expect(0).Output);
    }

    [Fact]
    public void What_an_archive_cannot_give_is_told_by_the_exit_code()
    {
        _program.Write("a", "1");
        ProgramRun run = _program.RunShell("cd source && ln a b && tar -cf - a b | tar --delete -f - a | $snapstore snapshot - --name x --split tar");
        Assert.Contains("a hard link to a", run.Expect(3).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_real_pg_dump_is_cut_by_table_and_cat_gives_it_back()
    {
        ProgramRun run = _program.RunShell(
            """
            set -e
            as() { if [ "$(id -u)" = 0 ]; then setpriv --reuid postgres --regid postgres --clear-groups "$@"; else "$@"; fi; }
            bin=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1); dir=$(mktemp -d /tmp/snapstore-pg.XXXXXX); trap 'as $bin/pg_ctl -D $dir/data -m immediate stop >/dev/null 2>&1 || true; rm -rf $dir' EXIT
            [ "$(id -u)" != 0 ] || chown postgres "$dir"
            as $bin/initdb -D "$dir/data" -U postgres -A trust -E UTF8 --no-sync >/dev/null
            as $bin/pg_ctl -D "$dir/data" -w -o "-c listen_addresses= -c fsync=off -k $dir" -l "$dir/log" start >/dev/null
            export PGHOST=$dir PGUSER=postgres
            psql -q -d postgres -c "create table item(id serial primary key, name text unique)" -c "insert into item(name) select md5(i::text) from generate_series(1,20000) i" \
              -c 'create schema "My S"' -c "create table \"My S\".\"T.1\"(a text, b bytea)" -c "insert into \"My S\".\"T.1\" values (E'\\\\.\n--\n\\\\.', '\\x00ff')" -c "create table empty()" \
              -c "create function f() returns text language sql as \$\$ select '
            --
            -- Data for Name: item; Type: TABLE DATA; Schema: public; Owner: postgres
            --

            COPY public.item (id, name) FROM stdin;
            \.
            ' \$\$" -c "create materialized view mv as select 1" -c "create index on item(name)" -c "select lo_from_bytea(4711, 'large')" >/dev/null
            for options in "" "--inserts" "-a --disable-triggers"; do
              pg_dump postgres $options >dump.sql
              $snapstore snapshot - --name dump --split pg_dump -q <dump.sql
              $snapstore cat latest | cmp - dump.sql && echo same
            done
            pg_dumpall >all.sql
            $snapstore snapshot exec: --name all --split pg_dump -q -- cat all.sql
            $snapstore cat latest | cmp - all.sql && echo same
            $snapstore ls -R latest | grep 'T.1'
            """).Expect(0);
        Assert.Equal("same\nsame\nsame\nsame\nall/databases/postgres/tables/My S.T.1.sql\n", run.Output);
    }

    [Fact]
    public void A_real_mariabackup_comes_back_file_by_file()
    {
        ProgramRun run = _program.RunShell(
            """
            set -e
            dir=$(mktemp -d /tmp/snapstore-my.XXXXXX); server=; trap '[ -z "$server" ] || kill -9 $server || true; rm -rf $dir' EXIT
            [ "$(id -u)" != 0 ] || chown mysql "$dir"
            as() { if [ "$(id -u)" = 0 ]; then setpriv --reuid mysql --regid mysql --clear-groups "$@"; else "$@"; fi; }
            as mariadb-install-db --no-defaults --datadir=$dir/data --auth-root-authentication-method=normal --skip-test-db >/dev/null 2>&1
            as /usr/sbin/mariadbd --no-defaults --datadir=$dir/data --socket=$dir/s --skip-networking --pid-file=$dir/pid --innodb-buffer-pool-size=32M >$dir/log 2>&1 & server=$!
            for i in $(seq 100); do mariadb --no-defaults -S $dir/s -u root -e 'select 1' >/dev/null 2>&1 && break; sleep 0.2; done
            mariadb --no-defaults -S $dir/s -u root -e "create database d; use d; create table t(a int primary key, b varchar(200)) engine=innodb; insert into t select seq, repeat(md5(seq),5) from seq_1_to_60000; create table m(a int) engine=myisam; insert into m values (1); create table r(a int) engine=aria; insert into r values (1)"
            backup() { as mariabackup --no-defaults --backup --stream=xbstream --parallel=3 --socket=$dir/s --user=root --target-dir=$dir/target 2>$dir/backup.log; }
            backup >stream && $snapstore snapshot - --name db --split xbstream -q <stream
            mkdir extracted && mbstream -x -C extracted <stream
            $snapstore restore latest:/db -t restored -q && diff -r extracted restored && echo same
            $snapstore ls -R latest:/db | grep -c '^d/[tmr]'
            backup | $snapstore snapshot - --name db --split xbstream --json | grep -o '"files_new":[0-9]*'
            kill -9 $server; server=
            """).Expect(0);
        string[] lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("same", lines[0]);
        Assert.True(int.Parse(lines[1], System.Globalization.CultureInfo.InvariantCulture) >= 6, run.Output);
        // The server writes some files of its own anew; all others are known.
        Assert.Matches("^\"files_new\":[0-9]$", lines[2]);
    }
}
