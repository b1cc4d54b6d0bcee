namespace Snapstore.Cli.Tests;

/// <summary>mirror, check --mirror, repair packs --from.</summary>
public sealed class MirrorVerbTests : IDisposable
{
    private readonly SnapstoreProgram _program = SnapstoreProgram.WithRepository();

    public MirrorVerbTests()
    {
        _program.Write("a", Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(200_000)));
        _program.Snapshot();
    }

    private string Place => Path.Combine(_program.Folder, "mirror");

    public void Dispose() => _program.Dispose();

    [Fact]
    public void A_mirror_is_made_without_a_password_and_opens_with_the_same()
    {
        _program.Without("SNAPSTORE_KEY_FILE");
        Assert.Contains("nothing was done", _program.Run("mirror", "--to", Place, "--dry-run").Expect(0).Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Place));
        ProgramRun run = _program.Run("mirror", "--to", Place, "--json").Expect(0);
        Assert.True(run.Objects[0].GetProperty("packs").GetInt32() > 0);
        Assert.Contains("all that the repository has", _program.Run("check", "--mirror", Place, "--read-data").Expect(0).Output, StringComparison.Ordinal);
        _program.With("SNAPSTORE_KEY_FILE", _program.KeyFile);
        _program.Run("--repo", Place, "check", "--read-data").Expect(0);
        _program.Run("--repo", Place, "restore", "latest", "--target", "out", "--verify").Expect(0);
        _program.Write("b", "b");
        _program.Snapshot();
        Assert.Contains("behind", _program.Run("check", "--mirror", Place).Expect(3).Output, StringComparison.Ordinal);
        _program.Run("mirror", "--to", Place, "--exact").Expect(0);
        _program.Run("check", "--mirror", Place).Expect(0);
    }

    [Fact]
    public void An_exact_mirror_keeps_what_the_repository_lost()
    {
        _program.Run("mirror", "--to", Place).Expect(0);
        string lost = Directory.GetFiles(Path.Combine(_program.Repository, "packs"), "*", SearchOption.AllDirectories).MaxBy(file => new FileInfo(file).Length)!;
        File.Delete(lost);
        ProgramRun run = _program.Run("mirror", "--to", Place, "--exact").Expect(4);
        Assert.Contains("repair packs --from", run.Error, StringComparison.Ordinal);
        _program.Run("repair", "packs", "--from", Place).Expect(0);
        _program.Run("mirror", "--to", Place, "--exact").Expect(0);
        _program.Run("check", "--read-data").Expect(0);
    }

    [Fact]
    public void What_a_disk_lost_comes_back_from_the_mirror()
    {
        _program.Run("mirror", "--to", Place).Expect(0);
        string[] packs = [.. Directory.GetFiles(Path.Combine(_program.Repository, "packs"), "*", SearchOption.AllDirectories).OrderByDescending(file => new FileInfo(file).Length)];
        using (FileStream damaged = File.OpenWrite(packs[0]))
            damaged.SetLength(damaged.Length - 100);
        foreach (string pack in packs[1..])
            File.Delete(pack);
        _program.Run("check").Expect(4);
        ProgramRun dry = _program.Run("repair", "packs", "--from", Place, "--dry-run", "--json").Expect(0);
        Assert.Equal(packs.Length, dry.Objects.Count(o => o.GetProperty("type").GetString() == "fetched_pack"));
        _program.Run("check").Expect(4);
        Assert.Contains("fetched from the mirror", _program.Run("repair", "packs", "--from", Place).Expect(0).Output, StringComparison.Ordinal);
        _program.Run("check", "--read-data").Expect(0);
        _program.Run("restore", "latest", "--target", "out", "--verify").Expect(0);
    }

    [Fact]
    public void Places_that_will_not_do_are_refused()
    {
        Assert.Contains("another place", _program.Run("mirror", "--to", _program.Repository).Expect(2).Error, StringComparison.Ordinal);
        _program.Run("mirror").Expect(2);
        string link = Path.Combine(_program.Folder, "link");
        Directory.CreateSymbolicLink(link, _program.Repository);
        Assert.Contains("another place", _program.Run("mirror", "--to", link).Expect(2).Error, StringComparison.Ordinal);
        Assert.Contains("another place", _program.Run("check", "--mirror", link).Expect(2).Error, StringComparison.Ordinal);
        Assert.Contains("snapstore mirror --to '/no where'", _program.Run("check", "--mirror", "/no where").Expect(10).Error, StringComparison.Ordinal);
        _program.Run("check", "--mirror", _program.Source).Expect(2);
        _program.Run("check", "--mirror", _program.Source, "--keyless").Expect(2);
        _program.Run("repair", "packs", "--from", _program.Source).Expect(2);
        string other = Path.Combine(_program.Folder, "other");
        _program.Run("--repo", other, "init").Expect(0);
        Assert.Contains("another repository", _program.Run("mirror", "--to", other, "--exact").Expect(2).Error, StringComparison.Ordinal);
        _program.Run("--repo", other, "check").Expect(0);
    }
}
