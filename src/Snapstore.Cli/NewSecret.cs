using System.Text;
using Snapstore.Crypto;
using Snapstore.Storage;

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
        KeyFile.Create(path, Encoding.ASCII.GetBytes(text));
        return new NewSecret(SlotSecret.OfKeyFile(text), path);
    }

    /// <summary>The slot stands, or may stand: the key file stays.</summary>
    public void Keep() => _isKept = true;

    /// <inheritdoc/>
    public void Dispose()
    {
        Value.Dispose();
        if (_keyFile is not null && !_isKept)
            File.Delete(_keyFile);
    }
}
