using Snapstore.Cli.Tests;
using Snapstore.RemoteStorage.Tests.S3;

namespace Snapstore.RemoteStorage.Tests.Faults;

/// <summary>Packs go up beside each other when a store takes longer for one than the program needs to fill the next.</summary>
public sealed class ParallelWriteTests
{
    private const int Bytes = 200 << 20;

    [Fact]
    public void A_slow_store_gets_several_packs_at_a_time_and_all_are_found_again()
    {
        using FakeS3 server = new();
        using FaultProxy proxy = new(server.Port, _ => Fault.None, TimeSpan.FromMilliseconds(400));
        using SnapstoreProgram program = new();
        program.Without("SNAPSTORE_KEY_FILE")
            .With("SNAPSTORE_REPOSITORY", server.NewPlace(proxy.Port))
            .With("AWS_ACCESS_KEY_ID", "access").With("AWS_SECRET_ACCESS_KEY", "secret");
        program.Run("init", "--create-bucket", "--new-key-file", program.KeyFile).Expect(0);
        program.With("SNAPSTORE_KEY_FILE", program.KeyFile);
        byte[] content = new byte[Bytes];
        new Random(1).NextBytes(content);
        program.Write("small", "small");
        File.WriteAllBytes(Path.Combine(program.Source, "large"), content);
        Assert.Equal(1, proxy.MostUnderWay);
        program.Snapshot();
        Assert.InRange(proxy.MostUnderWay, 2, 5);
        program.Run("check", "--read-data").Expect(0);
    }
}
