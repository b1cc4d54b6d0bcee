using Snapstore.Backup;
using Snapstore.Copying;
using Snapstore.Repositories;

namespace Snapstore.Cli;

/// <summary>The other repositories that `snapshot --also-to` writes to, and what it tells of them. One that cannot be opened, or fails
/// later, has no snapshot; the snapshot itself and the others have not failed.</summary>
internal sealed class AlsoTo : IDisposable
{
    // Less than for a copy that has the memory for itself: trees and blobs come in the order they were just written.
    private const int CachedBytesMax = 3 << 20;

    private readonly CommandContext _context;
    private readonly List<Place> _places = [];
    private readonly RunProgress _progress = new();
    private readonly FollowingCopies _copies;

    private AlsoTo(CommandContext context, IReadOnlyList<RepositoryAccess> named, Repository source, BackupOptions options)
    {
        _context = context;
        try
        {
            foreach (RepositoryAccess access in named)
                _places.Add(Open(access));
            Repository[] opened = [.. _places.Select(place => place.Repository).OfType<Repository>()];
            CopyOptions copying = new()
            {
                Origin = PruneRun.Origin(context),
                Compression = options.Compression,
                Workers = Math.Clamp(Environment.ProcessorCount / Math.Max(1, opened.Length), 1, 16),
                CachedBytesMax = CachedBytesMax,
                Time = context.Time,
            };
            _copies = new FollowingCopies(source, opened, copying, waits: StoragePlaces.IsFar(context.Access.Location), _progress, context.Cancel);
        }
        catch
        {
            Close();
            throw;
        }
    }

    /// <summary>Copies that were made.</summary>
    public int Made { get; private set; }

    /// <summary>Repositories that did not get the snapshot.</summary>
    public int Failed { get; private set; }

    /// <summary>Opens them; null where none is named.</summary>
    /// <param name="context">How.</param>
    /// <param name="named">How each is found and opened.</param>
    /// <param name="source">The repository that the snapshot is taken into; where it does not open, nothing is done anywhere.</param>
    /// <param name="options">How the snapshot is taken.</param>
    /// <exception cref="UsageException">Two of all are the same repository.</exception>
    public static AlsoTo? Open(CommandContext context, IReadOnlyList<RepositoryAccess> named, Func<Repository> source, BackupOptions options) =>
        named.Count == 0 ? null : new AlsoTo(context, named, source(), options);

    /// <summary>The options of a run that these repositories follow.</summary>
    public BackupOptions Follow(BackupOptions options) =>
        options.DryRun ? options : options with { OnBegin = _copies.Begin, OnNewData = _copies.Put };

    /// <summary>Makes the copies, now that the snapshot stands, and tells of each.</summary>
    public void Finish(BackupReport report)
    {
        Queue<FollowedCopy> outcomes = [];
        if (report.Id is { } id)
        {
            using ProgressLine line = new(_context.Output, _context.Time, () => new ProgressState(_progress.Files, "files copied", _progress.Bytes, 0, 0, _progress.Current));
            outcomes = new(_copies.Finish(id));
        }

        foreach (Place place in _places)
        {
            bool isFollowed = place.Repository is not null && report.Id is not null;
            Tell(place.Location, report.Id, isFollowed ? outcomes.Dequeue() : new FollowedCopy(null, place.Problem));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _copies.Dispose();
        Close();
    }

    private Place Open(RepositoryAccess access)
    {
        string location = access.Location;
        try
        {
            return new Place(location, _context.OpenCached(access), "");
        }
        catch (SnapstoreException e) when (e is not UsageException)
        {
            _context.Output.Note($"{Escaped.Text(location)} does not open, and will not get the snapshot: {e.Message}");
            return new Place(location, null, e.Message);
        }
    }

    private void Tell(string location, SessionId? snapshot, FollowedCopy outcome)
    {
        string place = Escaped.Text(location);
        string id = snapshot?.ToShortString() ?? "";
        bool hasFailed = outcome.Problem.Length > 0;
        if (hasFailed && snapshot is null)
            _context.Output.Warning($"{place} would not get the snapshot: {outcome.Problem}");
        else if (hasFailed)
            _context.Output.Warning($"{place} did not get snapshot {id}: {outcome.Problem}; next, when that is mended: snapstore {Repository()}copy {id} --to {ShellText.Word(location)} (and the --to-password-file, or the like, that opens it)");
        else if (outcome.Copied is { } copied)
            _context.Output.Tell($"  also in      {place} as {copied.Copy!.Id.ToShortString()}, added {Quantity.Bytes(copied.Stored.StoredBytes)} there, from {Quantity.Bytes(CopyTally.New(copied.Stored))} of new content");
        else
            _context.Output.Tell($"  also to      {place}, which opens; what is new there shows when the snapshot is taken");
        _ = hasFailed ? Failed++ : outcome.Copied is null ? 0 : Made++;
        WriteJson(location, snapshot, outcome, hasFailed ? CopyOutcome.Failed : outcome.Copied?.Outcome ?? CopyOutcome.Planned);
    }

    // A variable that names it will name it again.
    private string Repository() => string.IsNullOrEmpty(_context.Value(GlobalOptions.Repository)) ? "" : $"--repo {ShellText.Word(_context.Access.Location)} ";

    private void WriteJson(string location, SessionId? snapshot, FollowedCopy followed, CopyOutcome outcome) => _context.Output.Json("copied_snapshot", json =>
    {
        if (snapshot is { } id)
            json.WriteString("id", id.ToString());
        json.WriteString("to", location);
        json.WriteString("outcome", CopyTally.JsonName(outcome));
        if (followed.Copied?.Copy is { } copy)
            json.WriteString("copy", copy.Id.ToString());
        if (followed.Problem.Length > 0)
            json.WriteString("message", followed.Problem);
        if (followed.Copied is not { Stored: var stored })
            return;
        json.WriteNumber("data_bytes_new", stored.DataBytes);
        json.WriteNumber("meta_bytes_new", stored.MetaBytes);
        json.WriteNumber("bytes_stored", stored.StoredBytes);
    });

    private void Close()
    {
        foreach (Place place in _places)
            place.Repository?.Dispose();
    }

    private sealed record Place(string Location, Repository? Repository, string Problem);
}
