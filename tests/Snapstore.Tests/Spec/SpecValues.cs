using Snapstore.Crypto;

namespace Snapstore.Tests.Spec;

/// <summary>The values that all worked examples use (spec/formats/sealing.md, "Worked examples").</summary>
internal static class SpecValues
{
    public const string KeyFile = "snapstore-key-1:e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff\n";
    public const long NewYear = 1767225600;

    public static SessionId Repository { get; } = new(Convert.FromHexString("00112233445566778899aabbccddeeff"));

    public static SessionId Session { get; } = new(Run(0xa0, SessionId.Size));

    public static SessionId Parent { get; } = new(Run(0xb0, SessionId.Size));

    public static SessionId Slot { get; } = new(Run(0xd0, SessionId.Size));

    public static byte[] Salt { get; } = Run(0xc0, 32);

    /// <summary>Key number k is 32 bytes of k.</summary>
    public static KeyRing NewKeys() => KeyRing.Of(
        Enum.GetValues<KeyPurpose>().Select(purpose => KeyValuePair.Create(purpose, Repeat((byte)purpose))));

    public static BlobId Id(byte value) => new(Repeat(value));

    public static ObjectHash Hash(byte value) => new(Repeat(value));

    private static byte[] Repeat(byte value) => [.. Enumerable.Repeat(value, 32)];

    private static byte[] Run(byte first, int count) => [.. Enumerable.Range(first, count).Select(value => (byte)value)];
}
