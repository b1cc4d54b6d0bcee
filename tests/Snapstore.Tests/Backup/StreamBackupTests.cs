using System.Text;
using Snapstore.Backup;
using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Tests.Backup;

public sealed class StreamBackupTests
{
    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 2)]
    [InlineData(200, 0)]
    [InlineData(5_000_000, 2)]
    [InlineData(5_000_000, 0)]
    [InlineData(40 << 20, 2)]
    public void A_stream_becomes_one_file(int size, int workers)
    {
        using TestDirectory place = new();
        TestRepository repository = new() { Workers = workers };
        byte[] content = TestFiles.Bytes(size, size);

        BackupReport taken = Run(repository, new Dribble(content), "dir/dump.sql");

        Assert.Equal((SourceKind.Stream, size, 1), (taken.Manifest.Source, taken.Manifest.Counts.Bytes, taken.Manifest.Counts.Files));
        Assert.Empty(repository.Restore(taken.Id, "", place["restored"], options => options with { Verify = true }).Damage);
        Assert.True(content.AsSpan().SequenceEqual(File.ReadAllBytes(place["restored/dir/dump.sql"])));
        Assert.Equal(0, Run(repository, new Dribble(content), "dir/dump.sql").Manifest.Counts.DataBlobsNew);
    }

    [Fact]
    public void A_stream_that_fails_makes_no_snapshot()
    {
        TestRepository repository = new();
        SourceException failure = Assert.Throws<SourceException>(() => Run(repository, new Dribble(new byte[3 << 20]) { FailsAtEnd = true }, "name"));
        Assert.Contains("the pipe broke", failure.Message, StringComparison.Ordinal);
        repository.AssertNoSnapshot();
    }

    [Fact]
    public void A_command_that_fails_makes_no_snapshot()
    {
        TestRepository repository = new();
        Assert.Throws<SourceException>(() => Run(repository, new Dribble(new byte[100]), "name", () => throw new SourceException("exit code 1")));
        repository.AssertNoSnapshot();
    }

    [Fact]
    public void A_command_that_succeeds_is_told_in_the_manifest()
    {
        TestRepository repository = new();
        BackupReport taken = Run(repository, new Dribble(new byte[100]), "name", () => new CommandFacts(["pg_dump"], 0, TimeSpan.FromSeconds(1), []));
        Assert.Equal((SourceKind.Command, "pg_dump"), (taken.Manifest.Source, taken.Manifest.Command!.Command[0]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("..")]
    [InlineData("a/../b")]
    [InlineData("a/.")]
    [InlineData("zero\0byte")]
    public void A_name_that_no_file_can_have_is_refused(string name)
    {
        TestRepository repository = new();
        IReadOnlySet<string> before = repository.Objects();
        Assert.Throws<UsageException>(() => Run(repository, new Dribble([]), name));
        Assert.Equal(before, repository.Objects());
    }

    private static BackupReport Run(TestRepository repository, Stream content, string name, Func<CommandFacts>? outcome = null)
    {
        using Repository open = repository.Open();
        StreamSelection selection = new(Encoding.UTF8.GetBytes(name), content, outcome is null ? null : ["pg_dump"], outcome);
        return StreamBackup.Run(open, selection, repository.Options, new RunProgress(), TimeProvider.System, CancellationToken.None);
    }

    // Gives a few bytes at a time, as a pipe does.
    private sealed class Dribble(byte[] content) : MemoryStream(content)
    {
        public bool FailsAtEnd { get; init; }

        public override int Read(Span<byte> buffer)
        {
            int count = base.Read(buffer[..Math.Min(buffer.Length, 65_537)]);
            return count > 0 || !FailsAtEnd ? count : throw new IOException("the pipe broke");
        }
    }
}
