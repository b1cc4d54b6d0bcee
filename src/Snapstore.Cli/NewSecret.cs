using System.Text;
using Snapstore.Crypto;

namespace Snapstore.Cli;

/// <summary>A secret for a new slot. A key file made for it goes away again unless the slot was made.</summary>
internal sealed class NewSecret : IDisposable
{
    private readonly string? _keyFile;
    private bool _isKept;

    private NewSecret(SlotSecret value, string? keyFile)
    {
        Value = value;
        _keyFile = keyFile;
    }

    /// <summary>The secret.</summary>
    public SlotSecret Value { get; }

    /// <summary>A secret that exists outside.</summary>
    public static NewSecret Of(SlotSecret secret) => new(secret, null);

    /// <summary>Makes a key file, readable by its owner only, durable before anything depends on it.</summary>
    public static NewSecret MakeKeyFile(string path)
    {
        string text = SlotSecret.NewKeyFile();
        FileStreamOptions options = new()
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        try
        {
            using FileStream file = new(path, options);
            file.Write(Encoding.ASCII.GetBytes(text));
            file.Flush(flushToDisk: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string advice = File.Exists(path) ? "; it was left as it is: name a file that does not exist, or open with --key-file" : "";
            throw new UsageException($"the key file {Escaped.Text(path)} cannot be made: {e.Message}{advice}");
        }

        return new NewSecret(SlotSecret.OfKeyFile(text), path);
    }

    /// <summary>The slot stands: the key file stays.</summary>
    public void Keep() => _isKept = true;

    /// <inheritdoc/>
    public void Dispose()
    {
        Value.Dispose();
        if (_keyFile is not null && !_isKept)
            File.Delete(_keyFile);
    }
}
