using System.CommandLine;
using System.Diagnostics;
using System.Security.Cryptography;
using Snapstore.Crypto;

namespace Snapstore.Cli;

/// <summary>Where a password or key comes from. No secret is ever an argument, and none goes into a message.</summary>
internal sealed class SecretSource
{
    private const int FileSizeMax = 64 << 10;

    // Taken out of the environment, all of them whatever the verb, so that no program that we start inherits one.
    private static readonly Dictionary<string, string?> Passwords =
        ((string[])["SNAPSTORE_", "SNAPSTORE_TO_", "SNAPSTORE_FROM_"]).ToDictionary(prefix => prefix, prefix => TakePassword(prefix + "PASSWORD"));

    private readonly Func<string, SlotSecret> _read;

    private SecretSource(Func<string, SlotSecret> read, bool isPrompt = false)
    {
        _read = read;
        IsPrompt = isPrompt;
    }

    /// <summary>True where the user is asked at the terminal.</summary>
    public bool IsPrompt { get; }

    /// <summary>What opens the repository of `--repo`: an option, else the environment, else a prompt.</summary>
    /// <exception cref="UsageException">More than one was given at the same place.</exception>
    public static SecretSource Of(ParseResult parsed) =>
        Of(parsed, "SNAPSTORE_", GlobalOptions.PasswordFile, GlobalOptions.PasswordCommand, GlobalOptions.KeyFile);

    /// <summary>What opens a repository: one of these options, else the environment, else a prompt.</summary>
    /// <param name="parsed">The arguments.</param>
    /// <param name="prefix">What its variables begin with.</param>
    /// <param name="passwordFile">Its option for a password file.</param>
    /// <param name="passwordCommand">Its option for a command.</param>
    /// <param name="keyFile">Its option for a key file.</param>
    /// <exception cref="UsageException">More than one was given at the same place.</exception>
    public static SecretSource Of(
        ParseResult parsed, string prefix, Option<string?> passwordFile, Option<string?> passwordCommand, Option<string?> keyFile) => Of(
        prefix,
        (passwordFile.Name, parsed.GetValue(passwordFile)),
        (passwordCommand.Name, parsed.GetValue(passwordCommand)),
        (keyFile.Name, parsed.GetValue(keyFile)));

    /// <summary>As <see cref="Of(ParseResult, string, Option{string?}, Option{string?}, Option{string?})"/>, of options whose values were found; null where one was not given.</summary>
    public static SecretSource Of(
        string prefix, (string Name, string? Value) passwordFile, (string Name, string? Value) passwordCommand, (string Name, string? Value) keyFile)
    {
        (string Name, string? Value, Func<string, SecretSource> Make)[] options =
        [
            (passwordFile.Name, passwordFile.Value, OfPasswordFile),
            (passwordCommand.Name, passwordCommand.Value, OfCommand),
            (keyFile.Name, keyFile.Value, OfKeyFile),
        ];
        (string Name, string? Value, Func<string, SecretSource> Make)[] variables =
        [
            (prefix + "PASSWORD", Passwords[prefix], OfPassword),
            (prefix + "PASSWORD_FILE", Environment.GetEnvironmentVariable(prefix + "PASSWORD_FILE"), OfPasswordFile),
            (prefix + "PASSWORD_COMMAND", Environment.GetEnvironmentVariable(prefix + "PASSWORD_COMMAND"), OfCommand),
            (prefix + "KEY_FILE", Environment.GetEnvironmentVariable(prefix + "KEY_FILE"), OfKeyFile),
        ];
        return OnlyOne(options) ?? OnlyOne(variables) ?? new SecretSource(prompt => Prompt(prompt, repeat: false), isPrompt: true);
    }

    /// <summary>A password file whose first line is the password.</summary>
    public static SecretSource OfPasswordFile(string path) => new(_ => OfFirstLine(ReadFile(path, "password file")));

    /// <summary>A key file that exists.</summary>
    public static SecretSource OfKeyFile(string path) => new(_ =>
    {
        byte[] content = ReadFile(path, "key file");
        try
        {
            return SlotSecret.OfKeyFile(System.Text.Encoding.ASCII.GetString(content));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    });

    /// <summary>A new password, typed twice at the terminal.</summary>
    public static SecretSource OfNewPrompt() => new(prompt => Prompt(prompt, repeat: true), isPrompt: true);

    /// <summary>The secret; the caller disposes of it.</summary>
    /// <exception cref="WrongKeyException">It cannot be had.</exception>
    public SlotSecret Read(string prompt) => _read(prompt);

    private static SecretSource OfPassword(string password) =>
        new(_ => SlotSecret.OfPassword(System.Text.Encoding.UTF8.GetBytes(password)));

    private static SecretSource OfCommand(string command) => new(_ => OfFirstLine(RunCommand(command)));

    private static string? TakePassword(string variable)
    {
        string? password = Environment.GetEnvironmentVariable(variable);
        Environment.SetEnvironmentVariable(variable, null);
        return password;
    }

    private static SecretSource? OnlyOne((string Name, string? Value, Func<string, SecretSource> Make)[] candidates)
    {
        (string Name, string? Value, Func<string, SecretSource> Make)[] given = [.. candidates.Where(c => !string.IsNullOrEmpty(c.Value))];
        if (given.Length > 1)
            throw new UsageException($"{string.Join(" and ", given.Select(c => c.Name))} are given at once; which is meant? Give one");
        return given.Length == 1 ? given[0].Make(given[0].Value!) : null;
    }

    private static SlotSecret Prompt(string prompt, bool repeat)
    {
        byte[] first = Ask(prompt);
        byte[] second = repeat ? Ask("the same again: ") : first;
        try
        {
            return CryptographicOperations.FixedTimeEquals(first, second)
                ? SlotSecret.OfPassword(first)
                : throw new UsageException("the two passwords differ; nothing was done");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(first);
            CryptographicOperations.ZeroMemory(second);
        }
    }

    private static byte[] Ask(string prompt) => Terminal.ReadSecret(prompt)
        ?? throw new WrongKeyException("no password was given and there is no terminal to ask at: use --password-file, --password-command or --key-file, or set SNAPSTORE_PASSWORD_FILE");

    private static SlotSecret OfFirstLine(byte[] content)
    {
        try
        {
            ReadOnlySpan<byte> line = content;
            int end = line.IndexOf((byte)'\n');
            line = end < 0 ? line : line[..end];
            return SlotSecret.OfPassword(line.TrimEnd((byte)'\r'));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    private static byte[] ReadFile(string path, string what)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            byte[] content = new byte[FileSizeMax];
            int size = file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
            return content[..size];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WrongKeyException($"the {what} {Escaped.Text(path)} cannot be read: {e.Message}");
        }
    }

    private static byte[] RunCommand(string command)
    {
        ProcessStartInfo start = new("/bin/sh") { RedirectStandardOutput = true, RedirectStandardInput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(command);
        using Process process = Process.Start(start) ?? throw new WrongKeyException("the password command could not be started");
        process.StandardInput.Close();
        byte[] content = new byte[FileSizeMax];
        int size = process.StandardOutput.BaseStream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
        process.StandardOutput.Close();
        process.WaitForExit();
        return process.ExitCode == 0
            ? content[..size]
            : throw new WrongKeyException($"the password command failed with exit code {process.ExitCode}");
    }
}
