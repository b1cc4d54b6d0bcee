using System.Text.Json;

namespace Snapstore.Cli.Tests;

public sealed class VerbTests : IDisposable
{
    private readonly SnapstoreProgram _program = SnapstoreProgram.WithRepository();

    public void Dispose() => _program.Dispose();

    [Fact]
    public void A_snapshot_comes_back_as_it_was()
    {
        _program.Write("a/one", "1");
        _program.Write("a/two", new string('2', 300_000));
        _program.Snapshot("--tag", "x");
        _program.Run("restore", "latest", "--target", "out", "--verify").Expect(0);
        ProgramRun run = _program.RunShell($"diff -r source out{_program.Source}").Expect(0);
        Assert.Empty(run.Output);
    }

    [Fact]
    public void One_path_of_a_snapshot_comes_back_alone()
    {
        _program.Write("a/one", "1");
        _program.Write("b/two", "2");
        string id = _program.Snapshot();
        _program.Run("restore", $"{id[..8]}:{_program.Source}/a/", "--target", "out").Expect(0);
        Assert.Equal("one", Path.GetFileName(Assert.Single(Directory.GetFileSystemEntries(Path.Combine(_program.Folder, "out")))));
    }

    [Fact]
    public void Names_that_are_not_utf8_are_taken_to_the_byte()
    {
        ProgramRun run = _program.RunShell(
            """
            mkdir source && cd source && printf one > $'\xff' && printf two > $'\xfe' && printf three > $'\xef\xbf\xbd'
            $snapstore snapshot $'\xff' $'\xef\xbf\xbd' --json && $snapstore restore latest --target ../out -q
            cd ../out && find . -type f -printf '%f ' | od -An -tx1
            $snapstore restore latest:"$OLDPWD/"$'\xff' --target ../one -q; cat ../one/*
            """);
        JsonElement summary = JsonDocument.Parse(run.Output.Split('\n')[0]).RootElement;
        Assert.Equal(2, summary.GetProperty("paths_base64").GetArrayLength());
        Assert.Contains("ff", run.Output.Split('\n')[1], StringComparison.Ordinal);
        Assert.Contains("ef bf bd", run.Output.Split('\n')[1], StringComparison.Ordinal);
        Assert.DoesNotContain("fe", run.Output.Split('\n')[1], StringComparison.Ordinal);
        Assert.Equal("one", run.Output.Split('\n')[2]);
    }

    [Fact]
    public void A_working_directory_that_is_not_utf8_is_kept_to_the_byte()
    {
        _program.RunShell(
            """
            mkdir $'d\xff' && cd $'d\xff' && echo x > file && $snapstore snapshot file -q && rm file
            $snapstore restore latest --target / -q && test -f file
            """).Expect(0);
    }

    [Fact]
    public void Paths_come_from_lists_too()
    {
        _program.Write("a", "1");
        _program.Write("b\nc", "2");
        File.WriteAllText(Path.Combine(_program.Folder, "lines"), "source/a\n\n");
        _program.RunWithInput("source/b\nc\0", "snapshot", "--files-from", "lines", "--files-from0", "-").Expect(0);
        JsonElement snapshot = _program.Run("list", "--json").Expect(0).Objects[0];
        Assert.Equal(2, snapshot.GetProperty("paths").GetArrayLength());
        Assert.Equal(2, snapshot.GetProperty("files").GetInt32());
    }

    [Fact]
    public void Standard_input_and_the_output_of_a_command_are_files()
    {
        _program.RunWithInput("from stdin", "snapshot", "-", "--name", "in.txt").Expect(0);
        ProgramRun run = _program.Run("backup", "exec:", "--name", "dir/out.txt", "--", "sh", "-c", "echo hint >&2; echo $1", "--", "--json").Expect(0);
        Assert.Contains("hint", run.Error, StringComparison.Ordinal);
        _program.Run("restore", "latest", "--path", "in.txt", "--target", "out").Expect(0);
        _program.Run("restore", "latest", "--target", "out").Expect(0);
        Assert.Equal("from stdin", File.ReadAllText(Path.Combine(_program.Folder, "out/in.txt")));
        Assert.Equal("--json\n", File.ReadAllText(Path.Combine(_program.Folder, "out/dir/out.txt")));
    }

    [Fact]
    public void A_dry_run_stores_nothing()
    {
        _program.Write("file", "content");
        int before = Directory.GetFiles(_program.Repository, "*", SearchOption.AllDirectories).Length;
        ProgramRun run = _program.Run("snapshot", _program.Source, "--dry-run", "--json").Expect(0);
        Assert.True(run.Objects[^1].GetProperty("dry_run").GetBoolean());
        Assert.Equal(before, Directory.GetFiles(_program.Repository, "*", SearchOption.AllDirectories).Length);
    }

    [Fact]
    public void Excluded_files_are_left_out()
    {
        _program.Write("keep.txt", "1");
        _program.Write("leave.tmp", "2");
        _program.Write("large.bin", new string('x', 5000));
        _program.Write("cache/x", "3");
        _program.Write("cache/MARK", "");
        _program.Write("patterns", "# a comment\npatterns\n");
        _program.Snapshot(
            "--exclude", "*.tmp", "--exclude-larger-than", "4KiB", "--exclude-if-present", "MARK", "--exclude-file", "source/patterns");
        _program.Run("restore", $"latest:{_program.Source}", "--target", "out").Expect(0);
        ProgramRun found = _program.RunShell("cd out && find . -type f | sort");
        Assert.Equal("./cache/MARK\n./keep.txt\n", found.Output);
    }

    [Fact]
    public void List_groups_filters_and_counts()
    {
        _program.Write("file", "1");
        _program.Snapshot("--host", "one", "--tag", "a,b", "--time", "2026-01-02T03:04");
        _program.Snapshot("--host", "one", "--tag", "a", "--time", "2026-01-03T03:04");
        string third = _program.Snapshot("--host", "two", "--time", "2026-01-04T03:04");
        string text = _program.Run("list").Expect(0).Output;
        Assert.Contains($"one: {_program.Source}\n", text, StringComparison.Ordinal);
        Assert.Contains("2026-01-02 03:04:00", text, StringComparison.Ordinal);
        Assert.EndsWith("3 snapshots\n", text, StringComparison.Ordinal);
        Assert.Equal(2, Count("--host", "one"));
        Assert.Equal(1, Count("--tag", "a,b"));
        Assert.Equal(2, Count("--tag", "a"));
        Assert.Equal(2, Count("--latest", "1"));
        Assert.Equal(2, Count("--since", "2026-01-03"));
        Assert.Equal(2, Count("--until", "2026-01-03"));
        Assert.Equal(3, Count("--path", _program.Source));
        Assert.Equal(0, Count("--path", "/other"));
        ProgramRun restored = _program.Run("restore", "latest", "--host", "two", "--target", "out", "--json").Expect(0);
        Assert.Equal(third, restored.Objects[^1].GetProperty("id").GetString());

        int Count(params string[] filter) => _program.Run(["snapshots", "--json", .. filter]).Expect(0).Objects.Count;
    }

    [Fact]
    public void Tags_are_added_removed_and_set()
    {
        _program.Write("file", "1");
        string id = _program.Snapshot("--tag", "a");
        Assert.Equal(["a", "b"], Tags("--add", "b"));
        Assert.Equal(["b"], Tags("--remove", "a,c"));
        Assert.Equal(["x", "y"], Tags("--set", "y,x"));
        Assert.Equal([], Tags("--set", ""));
        Assert.Equal([], TagsOf(_program.Run("list", "--json").Expect(0).Objects[0]));

        string[] Tags(params string[] change) => TagsOf(_program.Run(["tag", id, "--json", .. change]).Expect(0).Objects[0]);
        static string[] TagsOf(JsonElement snapshot) => [.. snapshot.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()!)];
    }

    [Fact]
    public void Keys_are_added_changed_and_removed()
    {
        ProgramRun added = _program.Run("key", "add", "--new-key-file", "second", "--name", "other", "--json").Expect(0);
        Assert.Equal("other", added.Objects[0].GetProperty("name").GetString());
        Assert.Equal(2, _program.Run("key", "list", "--json").Expect(0).Objects.Count);
        _program.Run("--key-file", "second", "key", "passwd", "--new-key-file", "third").Expect(0);
        _program.Run("--key-file", "second", "list").Expect(12);
        JsonElement third = _program.Run("--key-file", "third", "key", "list", "--json").Expect(0).Objects.Single(key => key.GetProperty("current").GetBoolean());
        Assert.Equal("other", third.GetProperty("name").GetString());
        string id = third.GetProperty("id").GetString()!;
        _program.Run("--key-file", "third", "key", "remove", id).Expect(2);
        _program.Run("key", "remove", id[..8]).Expect(0);
        _program.Run("--key-file", "third", "list").Expect(12);
        _program.Run("list").Expect(0);
    }

    [Fact]
    public void Stats_add_up()
    {
        _program.Write("file", new string('x', 100_000));
        _program.Snapshot();
        _program.Snapshot();
        JsonElement all = _program.Run("stats", "--json").Expect(0).Objects[0];
        Assert.Equal(200_000, all.GetProperty("snapshot_bytes").GetInt64());
        long stored = Directory.GetFiles(_program.Repository, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
        Assert.Equal(stored, all.GetProperty("stored_bytes").GetInt64());
        JsonElement latest = _program.Run("stats", "latest", "--json").Expect(0).Objects[0];
        Assert.Equal(0, latest.GetProperty("data_bytes_new").GetInt64());
    }

    [Fact]
    public void Check_finds_no_damage_in_what_was_just_stored()
    {
        _program.Write("file", new string('x', 100_000));
        _program.Snapshot();
        ProgramRun run = _program.Run("check", "--read-data", "--json").Expect(0);
        Assert.False(run.Objects[^1].GetProperty("has_damage").GetBoolean());
        _program.Run("check").Expect(0);
        _program.Run("check", "--read-data=1/7").Expect(0);
    }

    [Fact]
    public void Who_is_not_root_gets_files_of_others_and_is_told()
    {
        Assert.True(Environment.UserName == "root", "this test needs root, as tools/test does");
        _program.Write("file", "x");
        File.SetUnixFileMode(_program.Write("setuid", "y"), UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.SetUser);
        _program.Snapshot();
        Directory.CreateDirectory(Path.Combine(_program.Folder, "theirs"));

        // nobody, who may yet read everything: the program, its libraries and the repository may lie anywhere.
        ProgramRun run = _program.RunShell($"""
            chown nobody theirs && exec setpriv --reuid=nobody --regid=nogroup --clear-groups --inh-caps=+dac_override \
                --ambient-caps=+dac_override $snapstore restore latest:{_program.Source} --target theirs/restored
            """).Expect(3);

        Assert.Contains("/theirs/restored: 3 of what was restored belong to you", run.Error, StringComparison.Ordinal);
        string restored = Path.Combine(_program.Folder, "theirs/restored");
        Assert.Equal("x", File.ReadAllText(Path.Combine(restored, "file")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(restored, "setuid")));
    }

    [Fact]
    public void Quiet_says_nothing_when_all_is_well()
    {
        _program.Write("file", "x");
        ProgramRun run = _program.Run("-q", "snapshot", _program.Source).Expect(0);
        Assert.Empty(run.Output + run.Error);
    }

    [Fact]
    public void Neither_colours_nor_progress_go_into_a_pipe()
    {
        _program.Write("file", "x");
        ProgramRun run = _program.With("TERM", "xterm").With("SNAPSTORE_PROGRESS_FPS", "60").Run("snapshot", _program.Source).Expect(0);
        Assert.DoesNotContain('\x1b', run.Output + run.Error + _program.Run("list").Output);
        Assert.DoesNotContain('\r', run.Error);
    }

    [Fact]
    public void Every_verb_prints_one_object_a_line_with_json()
    {
        _program.Write("file", "x");
        string[][] runs =
        [
            ["version"], ["snapshot", _program.Source], ["list"], ["stats"], ["stats", "latest"], ["key", "list"],
            ["tag", "latest", "--add", "x"], ["restore", "latest", "--target", "out"],
        ];
        foreach (string[] arguments in runs)
        {
            ProgramRun run = _program.Run(["--json", .. arguments]).Expect(0);
            Assert.NotEmpty(run.Objects);
            Assert.All(run.Objects, found => Assert.NotEmpty(found.GetProperty("type").GetString()!));
        }
    }
}
