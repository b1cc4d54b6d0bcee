namespace Snapstore.Cli;

/// <summary>What this program calls itself.</summary>
internal static class ProgramVersion
{
    public const string Number = "0.1.0";

    /// <summary>As manifests and key slots name it.</summary>
    public const string Full = "snapstore " + Number;
}
