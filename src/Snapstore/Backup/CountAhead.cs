using Snapstore.Posix;
using Snapstore.Sources;

namespace Snapstore.Backup;

/// <summary>Walks the selection once more, ahead of the backup, to tell how much it is: a first snapshot has no parent to
/// go by. Only for show: whatever goes wrong here goes wrong in the backup's own walk too and is told there.</summary>
internal sealed class CountAhead : IDisposable
{
    private readonly CancellationTokenSource _stop;
    private readonly Thread _thread;

    public CountAhead(ScanSelection selection, RunProgress progress, CancellationToken cancel)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        _thread = new Thread(() => Count(selection, progress), maxStackSize: 64 << 20) { Name = "count", IsBackground = true };
        _thread.Start();
    }

    public void Dispose()
    {
        _stop.Cancel();
        _thread.Join();
        _stop.Dispose();
    }

    private void Count(ScanSelection selection, RunProgress progress)
    {
        (long files, long bytes) = (0, 0);
        try
        {
            new FileScanner(selection, new NoNotes(), Add, _stop.Token).Scan();
            progress.Expect(files, bytes);
        }
        catch (Exception e) when (e is OperationCanceledException or SourceException or IOException)
        {
        }

        void Add(ScanBatch batch)
        {
            foreach (ref readonly ScanItem item in batch.Items)
            {
                if (item.Kind != ScanKind.Entry || item.Stat.Kind != FileKind.File)
                    continue;
                files++;
                bytes += item.Stat.Size;
            }
        }
    }

    private sealed class NoNotes : IScanNotes
    {
        public void LeaveOut(ReadOnlySpan<byte> path, string problem)
        {
        }

        public void Note(ReadOnlySpan<byte> path, string text)
        {
        }
    }
}
