using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Retention;

/// <summary>What a decision needs to know of a snapshot.</summary>
/// <param name="Id">Its id.</param>
/// <param name="TimeNanoseconds">Its time, Unix nanoseconds.</param>
/// <param name="Host">Its host.</param>
/// <param name="Source">What it was taken of.</param>
/// <param name="Paths">Its paths, raw bytes.</param>
/// <param name="Tags">Its tags now.</param>
/// <param name="IsHeld">True where somebody said that it stays, whatever the rules say.</param>
public sealed record Candidate(
    SessionId Id,
    long TimeNanoseconds,
    string Host,
    SourceKind Source,
    IReadOnlyList<byte[]> Paths,
    IReadOnlyList<string> Tags,
    bool IsHeld = false)
{
    /// <summary>A snapshot of a repository.</summary>
    public static Candidate Of(Snapshot snapshot, bool isHeld = false)
    {
        Manifest manifest = snapshot.Manifest;
        return new Candidate(snapshot.Id, manifest.TimeNanoseconds, manifest.Host, manifest.Source, manifest.Paths, snapshot.Tags, isHeld);
    }
}
