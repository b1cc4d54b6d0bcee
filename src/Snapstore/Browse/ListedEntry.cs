using Snapstore.Formats;

namespace Snapstore.Browse;

/// <summary>An entry and where it stands.</summary>
/// <param name="Path">Absolute path inside the snapshot, raw bytes.</param>
/// <param name="Entry">What is there.</param>
public sealed record ListedEntry(byte[] Path, TreeEntry Entry);
