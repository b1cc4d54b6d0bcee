using Snapstore.Fuzz;

namespace Snapstore.Tests.Fuzz;

/// <summary>Every decoder under a short run of the fuzzer (tools/fuzz runs longer ones), and every input again that
/// failed once.</summary>
public sealed class FuzzTests
{
    private const int Executions = 20_000, Seed = 1;

    public static TheoryData<string> Names => [.. Targets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_decoder_keeps_its_promises(string name)
    {
        FuzzReport report = new Fuzzer(Target(name), Seed).Run(Executions, TimeSpan.MaxValue);
        Assert.Empty(report.Failures.Select(failure => $"{failure.Problem} from {Convert.ToHexStringLower(failure.Input)}"));
        Assert.Equal(Executions, report.Executions);
        // A run in which nothing is taken, or all, has tried nothing.
        Assert.InRange(report.Taken, 1, Executions - 1);
        Assert.True(report.Outcomes > 1);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void What_failed_once_fails_no_more(string name)
    {
        Fuzzer fuzzer = new(Target(name), Seed);
        string folder = Path.Combine(HexFile.RegressionFolder, name);
        foreach (string file in Directory.Exists(folder) ? Directory.GetFiles(folder, "*.hex") : [])
        {
            FuzzFailure? failure = fuzzer.Replay(HexFile.Read(file));
            Assert.True(failure is null, $"{file}: {failure?.Problem}");
        }
    }

    [Fact]
    public void Every_folder_of_regressions_is_a_targets() => Assert.Empty(
        Directory.GetDirectories(HexFile.RegressionFolder).Select(Path.GetFileName).Except(Targets.All.Select(target => target.Name)));

    [Fact]
    public void Every_target_is_on_the_page_and_its_page_names_sources_that_exist()
    {
        string page = string.Join('\n', SpecFiles.Lines("fuzzing.md"));
        Assert.All(Targets.All, target => Assert.Contains($"| `{target.Name}` |", page, StringComparison.Ordinal));
        IEnumerable<string> sources = page.Split('`').Where(static part => part.EndsWith(".cs", StringComparison.Ordinal));
        Assert.NotEmpty(sources);
        Assert.All(sources, source => Assert.True(File.Exists(Checkout.PathOf(source)), $"fuzzing.md names {source}"));
    }

    [Fact]
    public void The_same_seed_gives_the_same_inputs()
    {
        List<byte[]> first = [], second = [];
        foreach (List<byte[]> given in (List<byte[]>[])[first, second])
            new Fuzzer(Planted(input => given.Add(input)), Seed).Run(500, TimeSpan.MaxValue);
        Assert.Equal(first, second);
        Assert.NotEqual(first[^1], first[^2]);
    }

    [Fact]
    public void An_exception_that_is_not_Snapstores_is_found() => AssertFound(
        "IndexOutOfRangeException",
        static input => _ = input.Length > 3 && input[3] == 0xff ? input[input.Length] : input[0]);

    [Fact]
    public void Much_memory_is_found() =>
        AssertFound("bytes were allocated", static _ => GC.KeepAlive(new byte[2 << 20]), stopAfter: 5);

    [Fact]
    public void Much_time_is_found()
    {
        byte[]? slow = null;
        AssertFound("took", input => Thread.Sleep((slow ??= input) == input ? Fuzzer.TimeMax + TimeSpan.FromMilliseconds(50) : TimeSpan.Zero), stopAfter: 5);
    }

    private static void AssertFound(string problem, Action<byte[]> decode, int stopAfter = 5000)
    {
        FuzzReport report = new Fuzzer(Planted(decode), Seed).Run(stopAfter, TimeSpan.FromSeconds(20));
        Assert.Contains(report.Failures, failure => failure.Problem.Contains(problem, StringComparison.Ordinal));
    }

    private static FuzzTarget Planted(Action<byte[]> decode) => new("planted", "a test's", static _ => [[1, 2, 3, 4, 5, 6]], input =>
    {
        if (input.Length == 0)
            throw new CorruptDataException("empty");
        decode(input);
        return null;
    });

    private static FuzzTarget Target(string name) => Targets.All.Single(target => target.Name == name);
}
