using System.Diagnostics;
using Snapstore.Cli.Tests;
using Snapstore.RemoteStorage.Tests.Faults;

namespace Snapstore.RemoteStorage.Tests.S3;

/// <summary>The built program with a store, in this process, that is busy for a while.</summary>
public sealed class BusyStoreProgramTests : IDisposable
{
    private static readonly TimeSpan Busy = TimeSpan.FromSeconds(4);

    private readonly FakeS3 _server = new();
    private readonly FaultProxy _proxy;
    private readonly SnapstoreProgram _program = new();
    private readonly string _place;
    private Stopwatch? _busySince;
    private int _requests;

    public BusyStoreProgramTests()
    {
        _proxy = new FaultProxy(_server.Port, _ =>
        {
            Interlocked.Increment(ref _requests);
            return _busySince is { } since && since.Elapsed < Busy ? Fault.SlowDown : Fault.None;
        });
        _place = _server.NewPlace(_proxy.Port);
        _program.Without("SNAPSTORE_KEY_FILE").With("SNAPSTORE_REPOSITORY", _place).With("AWS_EC2_METADATA_DISABLED", "true")
            .With("AWS_ACCESS_KEY_ID", "access").With("AWS_SECRET_ACCESS_KEY", "secret");
        _program.Run("init", "--create-bucket", "--new-key-file", _program.KeyFile).Expect(0);
        _program.With("SNAPSTORE_KEY_FILE", _program.KeyFile);
    }

    public void Dispose()
    {
        _program.Dispose();
        _proxy.Dispose();
        _server.Dispose();
    }

    [Fact]
    public void It_is_waited_for_and_a_note_says_so_beside_exact_results()
    {
        byte[] content = new byte[5_000_000];
        new Random(1).NextBytes(content);
        string file = _program.Write("a", "");
        File.WriteAllBytes(file, content);
        string snapshot = _program.Snapshot();
        foreach (string quiet in new[] { "", "--quiet" })
        {
            _busySince = Stopwatch.StartNew();
            ProgramRun run = _program.Run([.. new[] { "cat", $"{snapshot}:{file}", quiet }.Where(argument => argument.Length > 0)]).Expect(0);
            Assert.Equal(content, run.OutputBytes);
            string[] notes = run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (quiet.Length > 0)
                Assert.Empty(notes);
            else
                Assert.Matches("^note: s3:http://127.0.0.1:[0-9]+/.*: 503 SlowDown.*; it is tried again for up to [0-9]+ s$", Assert.Single(notes));
        }
    }

    [Fact]
    public void A_mirror_onto_the_repository_itself_is_refused_before_anything_is_asked()
    {
        int before = _requests;
        Assert.Contains("another place", _program.Run("mirror", "--to", _place).Expect(2).Error, StringComparison.Ordinal);
        Assert.Equal(before, _requests);
    }
}
