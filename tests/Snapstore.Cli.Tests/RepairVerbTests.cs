using System.Text.Json;

namespace Snapstore.Cli.Tests;

/// <summary>check --keyless, repair index, repair packs, repair snapshots.</summary>
public sealed class RepairVerbTests : IDisposable
{
    private readonly SnapstoreProgram _program = SnapstoreProgram.WithRepository();
    private readonly string _id;

    public RepairVerbTests()
    {
        byte[] noise = System.Security.Cryptography.RandomNumberGenerator.GetBytes(1_500_000);
        _program.Write("text", "some");
        for (int i = 0; i < 3; i++)
            File.WriteAllBytes(Path.Combine(_program.Source, $"noise{i}"), noise[(i * 500_000)..((i + 1) * 500_000)]);
        _id = _program.Snapshot();
    }

    public void Dispose() => _program.Dispose();

    [Fact]
    public void What_a_disk_lost_comes_back_from_a_repository_with_other_keys()
    {
        string other = Path.Combine(_program.Folder, "other"), key = Path.Combine(_program.Folder, "other.key");
        _program.RunShell($"SNAPSTORE_KEY_FILE= $snapstore --repo {other} init --new-key-file {key}").Expect(0);
        _program.Run("copy", "--to", other, "--to-key-file", key).Expect(0);
        _program.Write("later", "never copied");
        string later = _program.Snapshot();
        string[] from = ["repair", "packs", "--from", other, "--from-key-file", key];
        Assert.Contains("no snapshot lacks anything", _program.Run(from).Expect(0).Output, StringComparison.Ordinal);
        _program.Run([.. from[..4], "--from-key-file", _program.KeyFile]).Expect(12);
        string[] packs = [.. Directory.GetFiles(Path.Combine(_program.Repository, "packs"), "*", SearchOption.AllDirectories).OrderByDescending(file => new FileInfo(file).Length)];
        Damage(Largest());
        foreach (string pack in packs[1..])
            File.Delete(pack);

        ProgramRun dry = _program.Run([.. from, "--dry-run", "--json"]).Expect(4);
        ProgramRun run = _program.Run([.. from, "--json"]).Expect(4);

        // What the damaged pack itself still gives is fetched in a dry run, which saves nothing of it.
        Assert.InRange(run.Objects[^1].GetProperty("blobs_fetched").GetInt64(), 1, dry.Objects[^1].GetProperty("blobs_fetched").GetInt64());
        Assert.Equal((1, 1), (run.Objects[^1].GetProperty("snapshots_mended").GetInt32(), run.Objects[^1].GetProperty("snapshots_damaged").GetInt32()));
        Dictionary<string, JsonElement> mended = run.Objects.Where(o => o.GetProperty("type").GetString() == "mended_snapshot").ToDictionary(o => o.GetProperty("id").GetString()!);
        Assert.True(mended[_id].GetProperty("whole").GetBoolean());
        Assert.False(mended[later].GetProperty("whole").GetBoolean());
        Assert.Contains("/: the directory is lost", mended[later].GetProperty("lost")[0].GetString(), StringComparison.Ordinal);
        _program.Run("restore", _id, "--target", "out", "--verify").Expect(0);
        Assert.Contains("still damaged", _program.Run(from).Expect(4).Output, StringComparison.Ordinal);
        _program.Run("forget", later).Expect(0);
        _program.Run("check", "--read-data").Expect(0);
        _program.Run("prune").Expect(0);
        _program.Run("check", "--read-data").Expect(0);
        Assert.Contains("none is damaged", _program.Run(from).Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lost_manifest_comes_back_by_copying_the_snapshot_from_there()
    {
        string other = Path.Combine(_program.Folder, "other"), key = Path.Combine(_program.Folder, "other.key");
        _program.RunShell($"SNAPSTORE_KEY_FILE= $snapstore --repo {other} init --new-key-file {key}").Expect(0);
        _program.Run("copy", "--to", other, "--to-key-file", key).Expect(0);
        string manifest = Path.Combine(_program.Repository, "snapshots", _id);
        byte[] stored = File.ReadAllBytes(manifest);
        stored[^20] ^= 1;
        File.WriteAllBytes(manifest, stored);
        Assert.Contains("copy --to THIS", _program.Run("repair", "packs", "--from", other, "--from-key-file", key).Expect(4).Error, StringComparison.Ordinal);
        _program.Run("--repo", other, "--key-file", key, "copy", "--to", _program.Repository, "--to-key-file", _program.KeyFile).Expect(0);
        _program.Run("forget", _id).Expect(0);
        _program.Run("restore", "latest", "--target", "out", "--verify").Expect(0);
        _program.Run("repair", "packs", "--from", other, "--from-key-file", key).Expect(0);
    }

    [Fact]
    public void Damage_is_found_without_a_password()
    {
        SnapstoreProgram keyless = _program.Without("SNAPSTORE_KEY_FILE");
        Assert.Contains("hashes to its name", keyless.Run("check", "--keyless").Expect(0).Output, StringComparison.Ordinal);
        string pack = Damage(Largest());
        ProgramRun run = keyless.Run("check", "--keyless", "--json").Expect(4);
        Assert.Equal(pack, run.Objects[0].GetProperty("object").GetString());
        Assert.True(run.Objects[^1].GetProperty("keyless").GetBoolean());
        keyless.Run("check").Expect(12);
    }

    [Fact]
    public void A_repaired_pack_and_a_new_snapshot_make_the_old_one_whole()
    {
        string pack = Damage(Largest());
        _program.Run("check").Expect(0);
        _program.Run("check", "--read-data").Expect(4);
        Assert.Contains("nothing was done", _program.Run("repair", "packs", "--dry-run").Expect(4).Output, StringComparison.Ordinal);
        ProgramRun run = _program.Run("repair", "packs", pack, "--json").Expect(4);
        Assert.True(run.Objects[0].GetProperty("lost").GetInt32() > 0);
        Assert.True(run.Objects[0].GetProperty("saved").GetInt32() > 0);
        Assert.Equal(1, run.Objects[1].GetProperty("packs_removed").GetInt32());
        _program.Run("check").Expect(4);
        _program.Snapshot();
        Assert.Contains("quarantine", _program.Run("check", "--read-data").Expect(0).Output, StringComparison.Ordinal);
        _program.Run("restore", _id, "--target", "out", "--verify").Expect(0);
        _program.Run("prune").Expect(0);
    }

    [Fact]
    public void What_is_lost_for_good_is_left_out_of_a_new_snapshot()
    {
        Damage(Largest());
        _program.Run("repair", "packs").Expect(4);
        _program.Run("prune").Expect(4);
        ProgramRun run = _program.Run("repair", "snapshots", "--forget", "--json").Expect(4);
        JsonElement repaired = run.Objects[0];
        Assert.Equal(_id, repaired.GetProperty("id").GetString());
        Assert.Contains("noise", repaired.GetProperty("lost")[0].GetString(), StringComparison.Ordinal);
        Assert.Contains("(repaired)", _program.Run("list").Expect(0).Output, StringComparison.Ordinal);
        JsonElement left = Assert.Single(_program.Run("list", "--json").Expect(0).Objects);
        Assert.Equal(_id, left.GetProperty("repair_of").GetString());
        _program.Run("prune").Expect(0);
        _program.Run("check", "--read-data").Expect(0);
        _program.Run("restore", "latest", "--target", "out", "--verify").Expect(0);
        Assert.Contains("all are whole", _program.Run("repair", "snapshots").Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lost_index_is_written_anew()
    {
        foreach (string file in Directory.GetFiles(Path.Combine(_program.Repository, "index")))
            File.Delete(file);
        Assert.Contains("indexed", _program.Run("repair", "index").Expect(0).Output, StringComparison.Ordinal);
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(_program.Repository, "index")));
        _program.Run("check", "--read-data").Expect(0);
    }

    [Fact]
    public void A_snapshot_whose_manifest_is_damaged_can_be_given_up()
    {
        _program.Snapshot();
        Damage($"snapshots/{_id}");
        _program.Run("list").Expect(4);
        _program.Run("prune").Expect(4);
        _program.Run("forget", _id).Expect(0);
        _program.Run("list").Expect(0);
        _program.Run("prune").Expect(0);
        _program.Run("check").Expect(0);
        Assert.False(File.Exists(Path.Combine(_program.Repository, "snapshots", _id)));
    }

    [Fact]
    public void Only_packs_are_named_to_repair_packs() =>
        Assert.Contains("no pack's name", _program.Run("repair", "packs", "snapshots/x").Expect(2).Error, StringComparison.Ordinal);

    private string Largest()
    {
        FileInfo pack = new DirectoryInfo(Path.Combine(_program.Repository, "packs")).EnumerateFiles("*", SearchOption.AllDirectories).MaxBy(file => file.Length)!;
        return $"packs/{pack.Directory!.Name}/{pack.Name}";
    }

    private string Damage(string name)
    {
        using FileStream file = File.Open(Path.Combine(_program.Repository, name), FileMode.Open);
        file.Position = Math.Min(300_000, file.Length / 2);
        int old = file.ReadByte();
        file.Position--;
        file.WriteByte((byte)(old ^ 1));
        return name;
    }
}
