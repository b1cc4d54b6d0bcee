using System.Text;
using Snapstore.Backup;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Sources;

namespace Snapstore.Databases.Tests.Sqlite;

/// <summary>A snapshot of a database in whose middle something happens: after its first block, before the rest.</summary>
internal sealed class SlowSource(string path, SqliteWorld world) : ISource
{
    private readonly ISource _inner = world.Engine.Open(DatabaseUrl.Parse($"sqlite:{path}"), new DatabaseSelection(), TimeProvider.System);
    private Action _meanwhile = () => { };

    public BackupReport? Report { get; private set; }

    public SourceKind Kind => _inner.Kind;

    public byte[] Name => _inner.Name;

    public SourceFacts Facts => _inner.Facts;

    public void TakeWith(Action meanwhile)
    {
        _meanwhile = meanwhile;
        using Repository repository = world.Repository.Open();
        Report = SourceBackup.Run(repository, this, world.Repository.Options, new RunProgress(), TimeProvider.System, default);
    }

    public void Capture(ISourceTree tree, CancellationToken cancel) => _inner.Capture(new Between(tree, _meanwhile), cancel);

    public void Dispose() => _inner.Dispose();

    private sealed class Between(ISourceTree tree, Action meanwhile) : ISourceTree
    {
        public void Add(ReadOnlySpan<byte> path, TreeEntry entry) => tree.Add(path, entry);

        public void Put(ReadOnlySpan<byte> path, SourceContent content)
        {
            bool isDatabase = !Encoding.UTF8.GetString(path).EndsWith(".json", StringComparison.Ordinal) && content.IsPaged;
            tree.Put(path, isDatabase ? content with { Open = () => new BrokenOff(content.Open(), meanwhile) } : content);
        }

        public Stream Begin(ReadOnlySpan<byte> path, WrittenContent content) => tree.Begin(path, content);

        public bool Link(ReadOnlySpan<byte> path, ReadOnlySpan<byte> existing) => tree.Link(path, existing);

        public bool Remove(ReadOnlySpan<byte> path) => tree.Remove(path);

        public bool Move(ReadOnlySpan<byte> path, ReadOnlySpan<byte> target) => tree.Move(path, target);

        public void WaitUntilRead() => tree.WaitUntilRead();

        public void StartOver() => tree.StartOver();

        public void Warn(ReadOnlySpan<byte> path, string problem) => tree.Warn(path, problem);

        public void Note(ReadOnlySpan<byte> path, string text) => tree.Note(path, text);
    }

    private sealed class BrokenOff(Stream inner, Action meanwhile) : Stream
    {
        private bool _hasHappened;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => 0; set => throw new NotSupportedException(); }

        public override int Read(Span<byte> buffer)
        {
            int count = inner.Read(buffer.Length > 8192 ? buffer[..8192] : buffer);
            if (!_hasHappened)
            {
                _hasHappened = true;
                meanwhile();
            }

            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
