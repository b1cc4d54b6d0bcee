using Snapstore.Formats;

namespace Snapstore.Repositories;

/// <summary>A record of fixed size that is found by a blob's id.</summary>
internal interface IKeyed
{
    /// <summary>What it is sorted by.</summary>
    BlobKey Key { get; }
}
