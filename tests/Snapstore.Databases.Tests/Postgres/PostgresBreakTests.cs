using System.Diagnostics;
using Snapstore.Cli.Tests;

namespace Snapstore.Databases.Tests.Postgres;

/// <summary>The server or the program ends in the middle: no snapshot, or no change.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PostgresBreakTests(PostgresTestServer server)
{
    private const string CopyRuns = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'snapstore' AND state = 'active' AND query LIKE 'COPY%'";
    private const string NobodyIsLeft = "SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name IN ('snapstore', 'pg_dump')";

    private readonly PostgresSnapshots _snapshots = new(server);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_server_that_stops_within_a_snapshot_leaves_none(bool isCrash)
    {
        MakeLarge(isCrash ? "crashed" : "terminated");
        Task<Exception?> take = Taking(isCrash ? "crashed" : "terminated");
        WaitFor(() => server.Run("postgres", CopyRuns) != "0" || take.IsCompleted);
        if (isCrash)
            server.Crash();
        else
            server.Run("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'snapstore' AND query LIKE 'COPY%'");

        SourceException failed = Assert.IsType<SourceException>(await take);
        if (isCrash)
            server.Start();
        Assert.Contains("no snapshot was made", failed.Message, StringComparison.Ordinal);
        _snapshots.Repository.AssertNoSnapshot();
    }

    [Fact]
    public async Task A_moment_that_ends_before_the_rows_are_read_fails_the_snapshot()
    {
        MakeLarge("lost_moment");
        Task<Exception?> take = Taking("lost_moment");
        WaitFor(() => server.Run("postgres", CopyRuns) != "0" || take.IsCompleted);

        // Only the connection that holds the moment: the rows still come, and are not believed.
        server.Run("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'snapstore' AND state = 'idle in transaction' AND query NOT LIKE 'LOCK%NOWAIT'");

        Assert.IsType<SourceException>(await take);
        _snapshots.Repository.AssertNoSnapshot();
    }

    [Fact]
    public async Task A_snapshot_that_is_given_up_leaves_none()
    {
        MakeLarge("given_up");
        using CancellationTokenSource cancel = new();
        Task<Exception?> take = Task.Run<Exception?>(() => Record.Exception(() => _snapshots.Take("given_up", cancel: cancel.Token)));
        WaitFor(() => server.Run("postgres", CopyRuns) != "0" || take.IsCompleted);
        await cancel.CancelAsync();

        Assert.IsAssignableFrom<OperationCanceledException>(await take);
        _snapshots.Repository.AssertNoSnapshot();
        WaitFor(() => server.Run("postgres", NobodyIsLeft) == "t");
    }

    [Fact]
    public void A_program_that_is_killed_leaves_no_snapshot_and_no_change()
    {
        MakeLarge("killed");
        server.Make("killed_target");
        string empty = server.Dump("killed_target");
        using SnapstoreProgram program = SnapstoreProgram.WithRepository();

        Kill(program, "snapshot", server.Url("killed"));
        Assert.Contains("no snapshot", program.Run("cat", "latest:/database.json").Error, StringComparison.Ordinal);
        program.Run("snapshot", server.Url("killed")).Expect(0);
        Kill(program, "restore", "latest", "--to", server.Url("killed_target"));
        WaitFor(() => server.Run("postgres", NobodyIsLeft) == "t");
        Assert.Equal(empty, server.Dump("killed_target"));

        program.Run("restore", "latest", "--to", server.Url("killed_target")).Expect(0);
        Assert.Equal(server.Dump("killed"), server.Dump("killed_target"));
    }

    private Task<Exception?> Taking(string database) => Task.Run<Exception?>(() => Record.Exception(() => _snapshots.Take(database)));

    private static void WaitFor(Func<bool> condition)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(60), "it did not come to that");
            Thread.Sleep(5);
        }
    }

    private void Kill(SnapstoreProgram program, params string[] arguments)
    {
        using Process run = program.Start(SnapstoreProgram.File, arguments);
        WaitFor(() => server.Run("postgres", CopyRuns) != "0" || run.HasExited);
        Assert.False(run.HasExited, "it was over before it could be killed");
        run.Kill();
        run.WaitForExit();
        WaitFor(() => server.Run("postgres", NobodyIsLeft) == "t");
    }

    private void MakeLarge(string database) =>
        server.Make(database, "CREATE TABLE large AS SELECT g AS id, repeat(md5(g::text), 10) AS v FROM generate_series(1, 150000) g");
}
