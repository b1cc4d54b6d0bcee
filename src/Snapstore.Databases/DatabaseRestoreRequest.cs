namespace Snapstore.Databases;

/// <summary>What is done with chosen rows.</summary>
public enum RowChange
{
    /// <summary>Nothing: the differences are reported.</summary>
    None,

    /// <summary>Rows whose key the table does not have are inserted.</summary>
    Insert,

    /// <summary>As insert, and rows that differ become what they were.</summary>
    Upsert,
}

/// <summary>What is restored into a live database, and how.</summary>
public sealed record DatabaseRestoreRequest
{
    /// <summary>The one table to restore, as the snapshot names it (`table` or `schema.table`); null for the whole database.</summary>
    public string? Table { get; init; }

    /// <summary>The name it gets in the target; null for its own.</summary>
    public string? TableAs { get; init; }

    /// <summary>Only the rows for which this SQL expression over the table's columns is true; null for all. Evaluated by the
    /// target server over staged rows.</summary>
    public string? Where { get; init; }

    /// <summary>What is done with the chosen rows.</summary>
    public RowChange Apply { get; init; }

    /// <summary>True makes the database where there is none.</summary>
    public bool Create { get; init; }

    /// <summary>True removes from the target what stands in the way, once <see cref="Confirm"/> has agreed.</summary>
    public bool Clean { get; init; }

    /// <summary>True reports what would be done and changes nothing.</summary>
    public bool DryRun { get; init; }

    /// <summary>True reads back from the target what was restored and compares it.</summary>
    public bool Verify { get; init; }

    /// <summary>Connections that write at once, where that is possible.</summary>
    public int Workers { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 16);

    /// <summary>Asked before anything that is there is overwritten or removed, with what that is; false stops the restore.</summary>
    public Func<string, bool> Confirm { get; init; } = _ => false;

    /// <summary>Where the run stands, for whoever shows it: files are tables here.</summary>
    public RunProgress Progress { get; init; } = new();
}

/// <summary>What came of one table.</summary>
/// <param name="Table">Its name in the target.</param>
/// <param name="Rows">Rows it now has of the snapshot.</param>
/// <param name="RowsExpected">Rows recorded when the snapshot was taken; null where that is not known.</param>
/// <param name="IsVerified">True where the content's checksum and the row count were found as recorded.</param>
public sealed record TableOutcome(string Table, long Rows, long? RowsExpected, bool IsVerified);

/// <summary>How chosen rows of the snapshot compare with a live table, and what was done.</summary>
/// <param name="Chosen">Rows of the snapshot that were chosen.</param>
/// <param name="Missing">Of these, rows whose key the table does not have.</param>
/// <param name="Different">Of these, rows that differ.</param>
/// <param name="Extra">Rows of the table that the expression chooses and the snapshot does not have.</param>
/// <param name="Inserted">Rows inserted.</param>
/// <param name="Updated">Rows changed.</param>
public sealed record RowDifferences(long Chosen, long Missing, long Different, long Extra, long Inserted, long Updated);

/// <summary>What a restore did.</summary>
public sealed record DatabaseRestoreReport
{
    /// <summary>The tables restored, in order; for a dry run those that would be.</summary>
    public IReadOnlyList<TableOutcome> Tables { get; init; } = [];

    /// <summary>For chosen rows: how they compare.</summary>
    public RowDifferences? Rows { get; init; }

    /// <summary>Other objects restored, by kind: (views, 3).</summary>
    public IReadOnlyList<(string Kind, long Count)> Objects { get; init; } = [];

    /// <summary>What is not as it was recorded, or could not be restored: makes the exit code 3.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>What is worth knowing.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Keeps what is there from giving way to what is not as it was recorded.</summary>
    /// <param name="problems">What is not as it was recorded.</param>
    /// <param name="beside">How to have it beside that.</param>
    /// <exception cref="SourceException">There are problems.</exception>
    public static void RefuseToReplace(IReadOnlyList<string> problems, string beside)
    {
        if (problems.Count > 0)
            throw new SourceException($"{problems[0]}; what is there was left as it is, for this may be worse: {beside}");
    }
}
