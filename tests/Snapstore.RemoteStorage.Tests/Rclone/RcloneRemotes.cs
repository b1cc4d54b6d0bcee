using System.Diagnostics;
using System.Globalization;
using Snapstore.RemoteStorage.Rclone;

namespace Snapstore.RemoteStorage.Tests.Rclone;

/// <summary>A configuration of rclone with remotes in a folder that goes away: `here` is the folder, `sealed` encrypts into it, `parts` cuts into
/// pieces what is encrypted.</summary>
public sealed class RcloneRemotes : IDisposable
{
    private int _places;

    public RcloneRemotes() => File.WriteAllText(Configuration, $"""
        [here]
        type = alias
        remote = {Folder}
        [sealed]
        type = crypt
        remote = {Folder}/sealed
        password = {Obscured("the password of these tests")}
        [parts]
        type = chunker
        remote = sealed:
        chunk_size = 256Ki

        """);

    /// <summary>Where all of it is.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("snapstore-rclone-").FullName;

    /// <summary>The configuration's file.</summary>
    public string Configuration => Path.Combine(Folder, "rclone.conf");

    /// <summary>The program with this configuration.</summary>
    public string Command => $"env -u AWS_CA_BUNDLE rclone --config '{Configuration}'";

    /// <summary>The same as settings.</summary>
    public RcloneSettings Settings => new() { Command = Command };

    /// <summary>A path that nobody has used.</summary>
    public string NewPath() => string.Create(CultureInfo.InvariantCulture, $"place {Interlocked.Increment(ref _places)}/below");

    /// <summary>A program that can be named instead of rclone, and becomes it; it writes its id, arguments and environment down first.</summary>
    public string Recorded(string name)
    {
        string path = Path.Combine(Folder, name);
        File.WriteAllText(path, $"#!/bin/sh\nenv > '{path}.env'\necho \"$@\" > '{path}.arguments'\necho $$ > '{path}.new' && mv '{path}.new' '{path}.pid'\nexec rclone --config '{Configuration}' \"$@\"\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    /// <summary>Adds a remote.</summary>
    public void Add(string section) => File.AppendAllText(Configuration, section);

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    // As configurations keep passwords.
    private static string Obscured(string password)
    {
        using Process process = Process.Start(new ProcessStartInfo("rclone", ["obscure", password]) { RedirectStandardOutput = true })!;
        string obscured = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return obscured;
    }
}
