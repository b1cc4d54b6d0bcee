using System.Diagnostics;
using System.Globalization;
using System.Net;
using Snapstore.RemoteStorage.Rclone;
using Snapstore.RemoteStorage.Tests.Faults;
using Snapstore.Storage;

namespace Snapstore.RemoteStorage.Tests.Rclone;

/// <summary>An rclone that is missing, wrong, killed or hung, and who else may use it.</summary>
public sealed class RcloneFailureTests(RcloneRemotes remotes) : IClassFixture<RcloneRemotes>
{
    private static readonly byte[] Content = [.. Enumerable.Range(0, 3_000_000).Select(i => (byte)(i % 251))];

    private readonly string _path = remotes.NewPath();

    private string Folder => Path.Combine(remotes.Folder, _path);

    [Fact]
    public void What_is_wrong_is_said()
    {
        Assert.Contains("install it", Refused("/nowhere/rclone", "here").Message, StringComparison.Ordinal);
        Assert.Contains("version 1.60 or later", Refused("echo an older one", "here").Message, StringComparison.Ordinal);
        Assert.Contains("knows no remote elsewhere", Refused(remotes.Command, "elsewhere").Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rclone:")]
    [InlineData("rclone:here")]
    [InlineData("rclone::sftp,host=x,pass=s3cr3t:/a")]
    [InlineData("rclone:here,pass=s3cr3t:/a")]
    [InlineData("rclone:-config:/a")]
    [InlineData("rclone:here:/")]
    [InlineData("rclone:here:a\nb")]
    [InlineData("rclone:here:a]b")]
    public void What_is_no_location_is_refused_and_not_shown(string text)
    {
        UsageException refused = Assert.Throws<UsageException>(() => RcloneLocation.Parse(text));
        Assert.DoesNotContain("s3cr3t", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_location_is_taken_apart_and_put_together()
    {
        foreach ((string text, string remote, string path) in new[] { ("rclone:b2:bucket/a/", "b2", "bucket/a"), ("rclone:My Drive:a b", "My Drive", "a b"), ("rclone:sealed:", "sealed", "") })
        {
            RcloneLocation place = RcloneLocation.Parse(text);
            Assert.Equal((remote, path), (place.Remote, place.Path));
            Assert.Equal(place, RcloneLocation.Parse(place.ToString()));
        }
    }

    [Theory]
    [InlineData("RCLONE_DRY_RUN", "true")]
    [InlineData("RCLONE_RC_NO_AUTH", "true")]
    [InlineData("RCLONE_LOG_LEVEL", "ERROR")]
    [InlineData("RCLONE_EXCLUDE", "*")]
    [InlineData("SNAPSTORE_PASSWORD_OF_THIS_TEST", "secret")]
    public void No_variable_changes_what_it_does(string name, string value)
    {
        Environment.SetEnvironmentVariable(name, value);
        try
        {
            Assert.DoesNotContain(name, RcloneCommand.Start(null, "user", "password").Environment.Keys);
        }
        finally
        {
            Environment.SetEnvironmentVariable(name, null);
        }
    }

    [Fact]
    public async Task Nobody_else_uses_it()
    {
        string command = remotes.Recorded("observed");
        using RcloneStorage storage = Open(command);
        Assert.True(storage.PutIfAbsent(StorageKey.Config, "content"u8));
        string environment = await File.ReadAllTextAsync(command + ".env");
        string password = environment.Split('\n').Single(line => line.StartsWith("RCLONE_RC_PASS=", StringComparison.Ordinal))["RCLONE_RC_PASS=".Length..];
        Assert.Equal(64, password.Length);
        Assert.DoesNotContain(password, await File.ReadAllTextAsync(command + ".arguments"), StringComparison.Ordinal);

        using HttpClient stranger = new() { BaseAddress = new Uri($"http://127.0.0.1:{PortOf(Pid(command))}/") };
        foreach (string path in new[] { "rc/noop", "operations/list", "core/command" })
        {
            using HttpResponseMessage answer = await stranger.PostAsync(path, null);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }

        using HttpResponseMessage read = await stranger.GetAsync($"[here:{_path}]/config");
        Assert.Equal(HttpStatusCode.Unauthorized, read.StatusCode);
    }

    [Fact]
    public void It_ends_with_the_storage_and_another_takes_its_place_when_it_is_killed()
    {
        string command = remotes.Recorded("killed");
        using (RcloneStorage storage = Open(command))
        {
            storage.PutIfAbsent(Key("packs/aa/one"), Content);
            Signal(command, "KILL");
            byte[] read = new byte[Content.Length];
            storage.Read(Key("packs/aa/one"), 0, read);
            Assert.Equal(Content, read);
            Signal(command, "KILL");
            Assert.Single(storage.List(""));
            Signal(command, "KILL");
            Assert.Null(storage.SizeOf(Key("packs/aa/two")));
            Assert.True(storage.PutIfAbsent(Key("packs/aa/two"), Content));
            Assert.True(IsRunning(Pid(command)));
        }

        Until(() => !IsRunning(Pid(command)));
    }

    [Fact]
    public void One_that_is_killed_at_any_time_costs_no_object_and_tears_none()
    {
        string command = remotes.Recorded("broken");
        using RcloneStorage storage = Open(command);
        BrokenWrites.AssertNoneTorn(storage, Content, 2_000_000, () => Signal(command, "KILL"), mayBeFinal: true, () => Open(remotes.Command));
    }

    [Fact]
    public void One_that_hangs_is_given_up_in_time()
    {
        string command = remotes.Recorded("hung");
        using RcloneStorage storage = RcloneStorage.Open(Place("here"), new RcloneSettings { Command = command, AnswerTime = TimeSpan.FromSeconds(6) });
        Signal(command, "STOP");
        Assert.Contains("no answer in time", Assert.Throws<StorageException>(() => storage.PutIfAbsent(StorageKey.Config, "x"u8)).Message, StringComparison.Ordinal);
        Signal(command, "CONT");
    }

    [Fact]
    public void Old_temporaries_are_removed_and_young_and_strange_ones_are_not()
    {
        string Temporary(string name, int days)
        {
            string path = Path.Combine(Folder, "tmp", name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, "left");
            File.SetLastWriteTimeUtc(path, TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-days));
            return path;
        }

        string old = Temporary(new string('a', 32), 8), young = Temporary(new string('b', 32), 6), strange = Temporary("notes", 30);
        string other = Path.Combine(Folder, new string('c', 32));
        File.Copy(old, other);
        File.SetLastWriteTimeUtc(other, TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(-30));
        using RcloneStorage storage = Open(remotes.Command);
        storage.PutIfAbsent(StorageKey.Config, "content"u8);
        Assert.False(File.Exists(old));
        Assert.True(File.Exists(young));
        Assert.True(File.Exists(strange));
        Assert.True(File.Exists(other));
        Assert.Equal(2, Directory.GetFiles(Path.Combine(Folder, "tmp")).Length);
    }

    private static StorageKey Key(string name) => StorageKey.TryParse(name)!.Value;

    private static string Pid(string command) => File.ReadAllText(command + ".pid").Trim();

    private static bool IsRunning(string pid) =>
        File.Exists($"/proc/{pid}/stat") && File.ReadAllText($"/proc/{pid}/stat").Split(") ")[^1][0] != 'Z';

    private static void Signal(string command, string name)
    {
        using Process kill = Process.Start(new ProcessStartInfo("kill", ["-" + name, Pid(command)]) { RedirectStandardError = true })!;
        kill.WaitForExit();
    }

    private static void Until(Func<bool> condition)
    {
        Stopwatch time = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(time.Elapsed < TimeSpan.FromSeconds(60), "it did not come to that");
            Thread.Sleep(20);
        }
    }

    // The socket of the process that listens: /proc/net/tcp has its port and, in the tenth column, its inode.
    private static string PortOf(string pid)
    {
        HashSet<string?> sockets = [.. Directory.GetFiles($"/proc/{pid}/fd").Select(link => new FileInfo(link).LinkTarget)];
        string line = File.ReadLines("/proc/net/tcp").Skip(1).Single(line =>
        {
            string[] columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return columns[3] == "0A" && sockets.Contains($"socket:[{columns[9]}]");
        });
        string address = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        Assert.StartsWith("0100007F:", address, StringComparison.Ordinal);
        return int.Parse(address.AsSpan(9), NumberStyles.HexNumber, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture);
    }

    private RcloneLocation Place(string remote) => RcloneLocation.Parse($"rclone:{remote}:{_path}");

    private StorageException Refused(string command, string remote) =>
        Assert.Throws<StorageException>(() => RcloneStorage.Open(Place(remote), new RcloneSettings { Command = command }));

    private RcloneStorage Open(string command) => RcloneStorage.Open(Place("here"), new RcloneSettings { Command = command });
}
