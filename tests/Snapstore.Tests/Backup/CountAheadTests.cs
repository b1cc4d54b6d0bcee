using Snapstore.Backup;
using Snapstore.Sources;

namespace Snapstore.Tests.Backup;

public sealed class CountAheadTests
{
    [Fact]
    public void What_is_selected_is_what_is_expected()
    {
        using TestDirectory place = new();
        place.Make("tree/inner");
        TestFiles.Write(place["tree/a"], new byte[1000]);
        TestFiles.Write(place["tree/inner/b"], new byte[234]);
        TestFiles.Write(place["tree/inner/left-out.o"], new byte[5000]);
        Directory.CreateSymbolicLink(place["tree/link"], "a");
        byte[] tree = System.Text.Encoding.UTF8.GetBytes(place["tree"]);
        RunProgress progress = new();

        using (new CountAhead(new ScanSelection([tree], ExcludeRules.Parse(["*.o"]), false), progress, CancellationToken.None))
            Assert.True(SpinWait.SpinUntil(() => progress.FilesExpected > 0, TimeSpan.FromSeconds(30)));

        Assert.Equal((2, 1234), (progress.FilesExpected, progress.BytesExpected));
    }

    [Fact]
    public void A_selection_that_does_not_exist_expects_nothing()
    {
        using TestDirectory place = new();
        RunProgress progress = new();

        using (new CountAhead(new ScanSelection(["/no-such-directory"u8.ToArray()], ExcludeRules.None, false), progress, CancellationToken.None))
        {
        }

        Assert.Equal(0, progress.BytesExpected);
    }
}
