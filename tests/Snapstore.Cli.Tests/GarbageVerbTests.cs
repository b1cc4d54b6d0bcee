using System.Diagnostics;
using System.Text.Json;

namespace Snapstore.Cli.Tests;

/// <summary>forget, undelete, hold, release, prune.</summary>
public sealed class GarbageVerbTests : IDisposable
{
    private readonly SnapstoreProgram _program = SnapstoreProgram.WithRepository();

    public void Dispose() => _program.Dispose();

    [Fact]
    public void A_policy_says_for_every_snapshot_why_and_a_dry_run_changes_nothing()
    {
        string[] ids = Days(5);
        ProgramRun run = _program.Run("forget", "--keep-daily", "2", "--keep-tag", "keep", "--dry-run", "--json").Expect(0);
        List<JsonElement> decisions = [.. run.Objects.Where(line => line.GetProperty("type").GetString() == "decision")];
        Assert.Equal(5, decisions.Count);
        Assert.All(decisions.Where(decision => decision.GetProperty("keep").GetBoolean()), decision => Assert.NotEqual(0, decision.GetProperty("reasons").GetArrayLength()));
        Assert.Equal(5, Ids().Count);
        Assert.Equal(3, Last(run).GetProperty("forgotten").GetInt32());
        _program.Run("forget", "--keep-daily", "2").Expect(0);
        Assert.Equal(ids[^2..].Order(), Ids().Order());
    }

    [Fact]
    public void What_is_forgotten_comes_back_until_a_prune_has_run()
    {
        _program.Write("file", new string('x', 100_000));
        string id = _program.Snapshot("--tag", "a");
        _program.Write("file", "y");
        _program.Snapshot();
        _program.Run("forget", id).Expect(0);
        Assert.Single(Ids());
        Assert.Contains(id[..8], _program.Run("undelete").Expect(0).Output, StringComparison.Ordinal);
        _program.Run("undelete", id).Expect(0);
        Assert.Equal(2, Ids().Count);
        _program.Run("restore", "latest~1", "--tag", "a", "--target", "out").Expect(2);
        _program.Run("restore", "latest", "--tag", "a", "--target", "out", "--verify").Expect(0);
        string back = _program.Run("list", "--tag", "a", "--json").Objects[0].GetProperty("id").GetString()!;
        _program.Run("forget", back, "--prune").Expect(0);
        Assert.Contains("0 forgotten snapshots", _program.Run("undelete").Expect(0).Output, StringComparison.Ordinal);
        _program.Run("undelete", back).Expect(2);
        _program.Run("check", "--read-data").Expect(0);
    }

    [Fact]
    public void What_is_held_stays_until_it_is_released()
    {
        string[] ids = Days(3);
        _program.Run("hold", ids[0]).Expect(0);
        Assert.Contains("(held)", _program.Run("list").Output, StringComparison.Ordinal);
        Assert.Contains("is held", _program.Run("forget", ids[0]).Expect(2).Error, StringComparison.Ordinal);
        _program.Run("forget", "--keep-last", "1").Expect(0);
        Assert.Equal(new[] { ids[0], ids[2] }.Order(), Ids().Order());
        _program.Run("release", ids[0]).Expect(0);
        _program.Run("forget", "--keep-last", "1").Expect(0);
        Assert.Equal([ids[2]], Ids());
    }

    [Fact]
    public void A_prune_gives_back_what_nobody_needs()
    {
        _program.Write("large", Noise(3_000_000));
        string first = _program.Snapshot();
        File.Delete(Path.Combine(_program.Source, "large"));
        _program.Write("small", "s");
        _program.Snapshot();
        long before = Stored();
        _program.Run("forget", first).Expect(0);
        JsonElement plan = Last(_program.Run("prune", "--dry-run", "--json").Expect(0));
        Assert.True(plan.GetProperty("delete_bytes").GetInt64() > 2_000_000);
        Assert.Equal(before, Stored());
        Assert.Contains("freed", _program.Run("prune", "--max-unused", "0%").Expect(0).Output, StringComparison.Ordinal);
        Assert.True(Stored() < before - 2_000_000);
        Assert.Contains("nothing to remove", _program.Run("prune").Expect(0).Output, StringComparison.Ordinal);
        _program.Run("check", "--read-data").Expect(0);
    }

    [Theory]
    [InlineData("say what to forget", "forget")]
    [InlineData("not both", "forget", "latest", "--keep-last", "1")]
    [InlineData("no share", "prune", "--max-unused", "120%")]
    [InlineData("--wait", "prune", "--wait", "soon", "--wait", "1h")]
    [InlineData("is no snapshot", "forget", "abcdef00")]
    [InlineData("group", "forget", "--keep-last", "1", "--group-by", "moon")]
    [InlineData("", "forget", "--keep-daily", "-1")]
    public void Wrong_usage_is_said_and_nothing_happens(string message, params string[] arguments)
    {
        _program.Write("file", "x");
        _program.Snapshot();
        Assert.Contains(message, _program.Run(arguments).Expect(2).Error, StringComparison.Ordinal);
        Assert.Single(Ids());
    }

    [Fact]
    public void Two_writers_and_two_prunes_at_once_lose_nothing()
    {
        string shared = Noise(400_000);
        List<string> kept = [];
        for (int round = 0; round < 3; round++)
        {
            List<Process> writers = [];
            for (int writer = 0; writer < 2; writer++)
            {
                _program.Write($"w{writer}/shared", shared);
                _program.Write($"w{writer}/own", Noise(200_000));
                writers.Add(_program.Start(SnapstoreProgram.File, "snapshot", $"source/w{writer}", "--json"));
            }

            List<Process> prunes = [.. Enumerable.Range(0, 2).Select(_ => _program.Start(SnapstoreProgram.File, "prune", "--max-unused", "0%", "-q"))];
            foreach (Process writer in writers)
            {
                kept.Add(JsonDocument.Parse(writer.StandardOutput.ReadToEnd().Trim().Split('\n')[^1]).RootElement.GetProperty("id").GetString()!);
                writer.WaitForExit();
                Assert.Equal(0, writer.ExitCode);
            }

            foreach (Process prune in prunes)
            {
                string error = prune.StandardError.ReadToEnd();
                prune.WaitForExit();
                Assert.True(prune.ExitCode == 0, error);
            }

            _program.Run("forget", kept[0]).Expect(0);
            kept.RemoveAt(0);
        }

        Assert.Equal(kept.Order(), Ids().Order());
        _program.Run("prune").Expect(0);
        _program.Run("check", "--read-data").Expect(0);
    }

    private static JsonElement Last(ProgramRun run) => run.Objects[^1];

    // Text, for the program is given names and contents as text here.
    private static string Noise(int length) => string.Create(length, 0, static (text, _) =>
    {
        byte[] random = System.Security.Cryptography.RandomNumberGenerator.GetBytes(text.Length);
        for (int i = 0; i < text.Length; i++)
            text[i] = (char)(' ' + (random[i] % 90));
    });

    private string[] Days(int count)
    {
        List<string> ids = [];
        for (int day = 1; day <= count; day++)
        {
            _program.Write("file", $"day {day}");
            ids.Add(_program.Snapshot("--time", $"2026-03-0{day}T12:00"));
        }

        return [.. ids];
    }

    private List<string> Ids() => [.. _program.Run("list", "--json").Expect(0).Objects.Select(line => line.GetProperty("id").GetString()!)];

    private long Stored() => Directory.EnumerateFiles(Path.Combine(_program.Repository, "packs"), "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
}
