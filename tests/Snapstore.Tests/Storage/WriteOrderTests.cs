namespace Snapstore.Tests.Storage;

/// <summary>The order of local writes, seen from outside by strace, which also makes system calls fail.</summary>
public sealed class WriteOrderTests : IDisposable
{
    private static readonly string[] Names = ["config", "packs/aa/one", "packs/aa/two", "packs/bb/three"];

    private readonly TemporaryFolder _folder = new();

    private string Root => _folder["repository"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_object_is_synced_before_it_is_published_and_its_folder_after()
    {
        TracedCall[] calls = Trace([], ["create-and-put", Root, .. Names]).Calls;
        Assert.Equal(Names, calls.Where(call => call.Name == "renameat2").Select(call => call.NewPath[(Root.Length + 1)..]));
        Assert.Empty(WriteOrder.Faults(Root, calls));
        // The parent of the root; each file and its folder; the names of packs, aa and bb.
        Assert.Equal(1 + (2 * Names.Length) + 3, calls.Count(call => call.Name == "fsync"));
    }

    [Fact]
    public void No_sync_can_be_left_out()
    {
        TracedCall[] calls = Trace([], ["create-and-put", Root, .. Names]).Calls;
        for (int i = 0; i < calls.Length; i++)
        {
            // Two in a row of one folder: its entry made durable for the next step, and the step's own.
            bool isRepeated = calls[..i].Any(c => c == calls[i]) && calls[(i + 1)..].Any(c => c == calls[i]);
            if (calls[i].Name == "fsync" && !isRepeated)
                Assert.True(WriteOrder.Faults(Root, [.. calls[..i], .. calls[(i + 1)..]]).Any(), $"without call {i}, fsync of {calls[i].Path}, nothing is noticed");
        }
    }

    [Fact]
    public void A_folder_that_another_process_made_is_made_durable_before_it_is_used()
    {
        Directory.CreateDirectory(Root + "/packs/aa");
        TracedCall[] calls = Trace([], ["put", Root, "packs/aa/one"]).Calls;
        Assert.Empty(WriteOrder.Faults(Root, calls));
    }

    [Fact]
    public void Where_renaming_can_overwrite_objects_are_linked_in_the_same_order()
    {
        (string output, TracedCall[] calls) = Trace(["-e", "inject=renameat2:error=EINVAL"], ["create-and-put", Root, .. Names]);
        Assert.Equal("", output);
        Assert.Equal(Names, calls.Where(call => call.Name == "linkat").Select(call => call.NewPath[(Root.Length + 1)..]));
        Assert.Empty(WriteOrder.Faults(Root, calls));
        Assert.Empty(Directory.EnumerateFiles(Root + "/tmp"));
    }

    [Fact]
    public void Where_neither_renaming_nor_linking_is_safe_the_file_system_is_refused()
    {
        string output = Trace(["-e", "inject=renameat2:error=EINVAL", "-e", "inject=linkat:error=EPERM"], ["create-and-put", Root, "config"]).Output;
        Assert.Contains("keep the repository on another one", output, StringComparison.Ordinal);
        Assert.False(File.Exists(Root + "/config"));
    }

    [Fact]
    public void A_deletion_is_made_durable_also_where_nothing_was_left_to_delete()
    {
        Trace([], ["create-and-put", Root, "keys/one"]);
        for (int round = 0; round < 2; round++)
        {
            TracedCall[] calls = Trace([], ["delete", Root, "keys/one"]).Calls;
            Assert.Single(calls, call => call.Name == "unlinkat");
            Assert.Empty(WriteOrder.Faults(Root, calls));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(7)]
    public void A_failed_sync_ends_the_work_and_is_never_retried(int which)
    {
        (string output, TracedCall[] calls) = Trace(["-e", $"inject=fsync:error=EIO:when={which}"], ["create-and-put", Root, .. Names]);
        Assert.StartsWith("StorageException", output, StringComparison.Ordinal);
        Assert.Contains("the disk reports an error", output, StringComparison.Ordinal);
        int failed = Array.FindIndex(calls, call => call is { Name: "fsync", IsGood: false });
        Assert.True(failed >= 0);
        Assert.DoesNotContain(calls[(failed + 1)..], call => call.Name is "fsync" or "renameat2" or "linkat" or "pwrite64");
    }

    [Theory]
    [InlineData("EIO", "the disk reports an error")]
    [InlineData("ENOSPC", "the disk is full")]
    [InlineData("EDQUOT", "the quota is used up")]
    [InlineData("EFBIG", "does not allow files of that size")]
    public void A_failed_write_says_what_to_do_and_publishes_nothing(string error, string advice)
    {
        Trace([], ["create-and-put", Root, "config"]);
        (string output, TracedCall[] calls) = Trace(["-e", $"inject=pwrite64:error={error}"], ["put", Root, "keys/one"]);
        Assert.Contains(advice, output, StringComparison.Ordinal);
        Assert.Single(calls, call => call.Name == "pwrite64");
        Assert.Empty(Directory.EnumerateFiles(Root + "/tmp"));
        Assert.False(Path.Exists(Root + "/keys/one"));
    }

    [Fact]
    public void An_interrupted_write_goes_on()
    {
        Assert.Equal("", Trace(["-e", "inject=pwrite64:error=EINTR:when=1"], ["create-and-put", Root, "config"]).Output);
        Assert.Equal(5000, new FileInfo(Root + "/config").Length);
    }

    [Fact]
    public void An_error_while_listing_is_no_empty_listing()
    {
        Trace([], ["create-and-put", Root, .. Names]);
        foreach (string error in new[] { "EIO", "ESTALE", "EACCES", "EINVAL" })
        {
            string output = Trace(["-P", Root + "/packs/aa", "-e", $"inject=getdents64:error={error}"], ["list", Root, "packs/"]).Output;
            Assert.StartsWith("StorageException", output, StringComparison.Ordinal);
        }

        Assert.Equal("3 objects\n", Trace(["-P", Root + "/packs/aa", "-e", "inject=getdents64:error=EINTR:when=1"], ["list", Root, "packs/"]).Output);
    }

    private (string Output, TracedCall[] Calls) Trace(string[] straceOptions, string[] verb) => CallTrace.Run(_folder.Path, straceOptions, verb);
}
