namespace Snapstore.Sources.Split;

/// <summary>The forms of streams that can be taken apart (spec/split.md).</summary>
public enum SplitFormat
{
    /// <summary>A tar archive of any kind, not compressed.</summary>
    Tar = 1,

    /// <summary>What mariabackup and xtrabackup write with --stream=xbstream.</summary>
    Xbstream = 2,

    /// <summary>A plain-text dump of pg_dump or pg_dumpall.</summary>
    PgDump = 3,
}
