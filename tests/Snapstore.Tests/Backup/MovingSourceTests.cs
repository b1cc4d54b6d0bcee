using Snapstore.Backup;
using Snapstore.Repositories;

namespace Snapstore.Tests.Backup;

/// <summary>Sources that change while they are read. The seam is the storage: its first call comes when the scan of these
/// small trees is through or nearly so, and all calls come before the last large file is read.</summary>
public sealed class MovingSourceTests
{
    [Theory]
    [InlineData("vanishes")]
    [InlineData("shrinks")]
    [InlineData("grows")]
    [InlineData("is replaced")]
    [InlineData("becomes a pipe")]
    [InlineData("becomes a directory")]
    [InlineData("becomes a link")]
    [InlineData("is written to")]
    [InlineData("its directory vanishes")]
    public async Task A_file_that_moves_is_reported_and_the_rest_lands(string change)
    {
        using TestDirectory place = new();
        string tree = place.Make("tree");
        for (int i = 0; i < 30; i++)
            TestFiles.Write($"{tree}/{i:d2}", TestFiles.Bytes(i, 2 << 20));
        string victim = $"{place.Make("tree/z")}/victim";
        TestFiles.Write(victim, TestFiles.Bytes(77, 700 << 10));
        TestRepository repository = new() { Workers = 1 };
        using Repository open = repository.OpenOn(inner => new FailingStorage(inner, int.MaxValue)
        {
            OnCall = call =>
            {
                if (call == 6)
                    Change(change, victim);
            },
        });

        BackupReport taken = await Task.Run(() => repository.BackupOn(open, tree)).WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Contains(taken.Warnings, warning => warning.Contains("victim", StringComparison.Ordinal));
        Assert.Equal(taken.Warnings.Count, taken.Manifest.WarningCount);
        repository.Restore(taken.Id, tree, place["restored"], options => options with { Verify = true });
        TreeLook.AssertSame(TreeLook.Of(tree), TreeLook.Of(place["restored"]), "/z", "/z/victim", "");
        AssertNextIsRight(repository, tree, place);
    }

    private static void AssertNextIsRight(TestRepository repository, string tree, TestDirectory place)
    {
        BackupReport next = repository.Backup(tree);
        Assert.Empty(next.Warnings);
        repository.AssertRestores(next.Id, tree, place["restored-next"]);
    }

    private static void Change(string change, string victim)
    {
        switch (change)
        {
            case "shrinks":
                using (FileStream file = new(victim, FileMode.Open, FileAccess.Write))
                    file.SetLength(1000);
                return;
            case "grows":
                using (FileStream file = new(victim, FileMode.Append, FileAccess.Write))
                    file.Write(new byte[5000]);
                return;
            case "is written to":
                using (FileStream file = new(victim, FileMode.Open, FileAccess.Write))
                    file.Write("other"u8);
                return;
            case "is replaced":
                TestFiles.Write(victim + "-new", TestFiles.Bytes(78, 700 << 10));
                File.Move(victim + "-new", victim, overwrite: true);
                return;
            case "its directory vanishes":
                Directory.Delete(Path.GetDirectoryName(victim)!, recursive: true);
                return;
        }

        File.Delete(victim);
        if (change == "becomes a pipe")
            TestFiles.MakeFifo(victim);
        else if (change == "becomes a directory")
            Directory.CreateDirectory(victim);
        else if (change == "becomes a link")
            File.CreateSymbolicLink(victim, "/etc/passwd");
    }
}
