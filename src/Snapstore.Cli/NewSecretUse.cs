namespace Snapstore.Cli;

/// <summary>What a new password or key file is for.</summary>
internal enum NewSecretUse
{
    /// <summary>A new repository.</summary>
    Init = 1,

    /// <summary>One more key.</summary>
    Add = 2,

    /// <summary>The key in use, changed; it keeps its name.</summary>
    Change = 3,
}
