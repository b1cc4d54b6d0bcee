using System.Text.Json;

namespace Snapstore.Cli.Tests;

/// <summary>ls, cat, find, diff and export, as users run them.</summary>
public sealed class BrowseVerbTests : IDisposable
{
    private readonly SnapstoreProgram _program = SnapstoreProgram.WithRepository();

    public void Dispose() => _program.Dispose();

    [Fact]
    public void Ls_lists_a_directory_or_all_below_it()
    {
        _program.Write("a/one", "1");
        _program.Write("two", "22");
        _program.Snapshot();
        Assert.Equal("a/\ntwo\n", _program.Run("ls", At("")).Expect(0).Output);
        Assert.Equal("a/\na/one\ntwo\n", _program.Run("ls", "-R", At("")).Expect(0).Output);
        Assert.Equal("one\n", _program.Run("ls", At("/a/one")).Expect(0).Output);
        Assert.Equal("a\0a/one\0two\0", _program.Run("ls", "-R", "-0", At("")).Expect(0).Output);
        Assert.Matches("^-rw-r--r--  [^ ]+ +[^ ]+ +2 20[0-9-]+ [0-9:]+ two\n$", _program.Run("ls", "-l", At("/two")).Expect(0).Output);
        JsonElement entry = _program.Run("ls", "--json", At("")).Expect(0).Objects[1];
        Assert.Equal(("entry", "file", 2), (entry.GetProperty("type").GetString(), entry.GetProperty("kind").GetString(), entry.GetProperty("size").GetInt32()));
    }

    [Fact]
    public void Ls_shows_names_of_any_bytes_safely_and_gives_them_raw()
    {
        ProgramRun run = _program.RunShell(
            """
            mkdir source && touch source/$'\e[31m\xff'
            $snapstore snapshot source -q && $snapstore ls "latest:$PWD/source" && $snapstore ls -0 "latest:$PWD/source" | od -An -tx1
            """).Expect(0);
        Assert.Equal("\\x1b[31m\\xff\n 1b 5b 33 31 6d ff 00\n", run.Output);
    }

    [Fact]
    public void Cat_writes_content_to_the_byte()
    {
        ProgramRun run = _program.RunShell(
            """
            mkdir source && head -c 3000000 /dev/urandom > source/big && truncate -s 70M source/sparse && ln -s big source/link
            $snapstore snapshot source -q
            $snapstore cat "latest:$PWD/source/big" | cmp - source/big && $snapstore dump "latest:$PWD/source/sparse" | cmp - source/sparse && echo same
            """).Expect(0);
        Assert.Equal("same\n", run.Output);
        Assert.Contains("snapstore export", _program.Run("cat", At("")).Expect(2).Error, StringComparison.Ordinal);
        Assert.Contains("symbolic link to big", _program.Run("cat", At("/link")).Expect(2).Error, StringComparison.Ordinal);
        Assert.Contains("has no 'none'", _program.Run("cat", At("/none")).Expect(2).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Cat_of_a_stream_needs_no_name()
    {
        _program.RunWithInput("dumped", "snapshot", "-", "--name", "dump.sql").Expect(0);
        Assert.Equal("dumped", _program.Run("cat", "latest").Expect(0).Output);
    }

    [Fact]
    public void Find_names_snapshot_and_path_newest_first()
    {
        _program.Write("a/one.txt", "1");
        string first = _program.Snapshot()[..8];
        _program.Write("two.txt", new string('2', 5000));
        string second = _program.Snapshot()[..8];
        Assert.Equal(
            $"{second}:{_program.Source}/a/one.txt\n{second}:{_program.Source}/two.txt\n{first}:{_program.Source}/a/one.txt\n",
            _program.Run("find", "*.txt").Expect(0).Output);
        Assert.Equal($"{second}:{_program.Source}/two.txt\n", _program.Run("find", "*", "--size", "+4K", "--type", "f").Expect(0).Output);
        Assert.Equal($"{first}:{_program.Source}/a\n", _program.Run("find", "a", "-s", first).Expect(0).Output);
        Assert.Equal("", _program.Run("find", "*", "--older", "1y").Expect(0).Output);
        Assert.Equal(second, _program.Run("find", "two.*", "--json").Expect(0).Objects[0].GetProperty("snapshot").GetString()![..8]);
        Assert.Contains("bad pattern '['", _program.Run("find", "[").Expect(2).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Diff_tells_what_changed_and_how_much_is_new()
    {
        string same = new('s', 100_000);
        _program.Write("gone", "1");
        _program.Write("kept", same);
        _program.Write("changed", "before");
        _program.Snapshot();
        File.Delete(Path.Combine(_program.Source, "gone"));
        _program.Write("changed", "after it");
        _program.Write("copy", same);
        _program.Snapshot();
        string[] lines = _program.Run("diff", "latest~1", "latest").Expect(0).Output.Split('\n');
        Assert.Equal(
            [$"M        8 B  {_program.Source}/changed", $"+   97.7 KiB  {_program.Source}/copy", $"-        1 B  {_program.Source}/gone"],
            lines[..3]);
        JsonElement totals = Assert.Single(_program.Run("diff", "latest~1", "latest", "--stat", "--json").Expect(0).Objects);
        Assert.Equal((1, 100_000, 0), (totals.GetProperty("files_added").GetInt32(), totals.GetProperty("files_added_bytes").GetInt32(), totals.GetProperty("new_bytes").GetInt32()));
    }

    [Fact]
    public void Export_gives_archives_that_other_programs_read()
    {
        _program.Write("a/one", "1");
        _program.Write("two", new string('2', 100_000));
        _program.RunShell("ln source/two source/three && chmod 751 source/a && truncate -s 30M source/sparse").Expect(0);
        _program.Snapshot();
        ProgramRun tar = _program.RunShell(
            $"mkdir tar zip && $snapstore export {At("")} | tar -xpC tar && diff -r source tar && stat -c %a,%h tar/a tar/two && du -k tar/sparse | cut -f1").Expect(0);
        Assert.Equal("751,2\n644,2\n0\n", tar.Output);
        ProgramRun zip = _program.RunShell(
            $"$snapstore export {At("")} -o a.zip; echo $?; unzip -q a.zip -d zip && diff -r source zip && stat -c %a zip/a a.zip; ls *.partial*").Expect(2);
        Assert.Equal("751", zip.Output.Split('\n')[^3]);
        Assert.Contains("hard link", zip.Error, StringComparison.Ordinal);
        Assert.Contains("3\n", zip.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Export_writes_no_archive_to_a_terminal_and_leaves_nothing_where_it_fails()
    {
        _program.Write("one", "1");
        _program.Snapshot();
        ProgramRun terminal = _program.RunShell("""script -qec "$snapstore export latest" /dev/null""").Expect(2);
        Assert.Contains("not written to a terminal", terminal.Output, StringComparison.Ordinal);
        _program.Run("export", "latest:/none", "-o", "a.tar").Expect(2);
        _program.Run("export", "latest", "-o", "none/a.tar").Expect(1);
        Assert.Empty(Directory.GetFiles(_program.Folder, "a.tar*"));
    }

    private string At(string path) => $"latest:{_program.Source}{path}";
}
