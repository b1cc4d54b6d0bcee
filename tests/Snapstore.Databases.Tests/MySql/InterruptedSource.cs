using Snapstore.Formats;
using Snapstore.Sources;

namespace Snapstore.Databases.Tests.MySql;

/// <summary>A source in whose capture something happens once the first 256 KiB of a file are read.</summary>
internal sealed class InterruptedSource(ISource inner, string path, Action happens) : ISource
{
    public SourceKind Kind => inner.Kind;

    public byte[] Name => inner.Name;

    public SourceFacts Facts => inner.Facts;

    public void Capture(ISourceTree tree, CancellationToken cancel) => inner.Capture(new Tree(tree, path, happens), cancel);

    public void Dispose() => inner.Dispose();

    private sealed class Tree(ISourceTree tree, string path, Action happens) : ISourceTree
    {
        public void Put(ReadOnlySpan<byte> put, SourceContent content) => tree.Put(
            put, System.Text.Encoding.UTF8.GetString(put) == path ? content with { Open = () => new Interrupted(content.Open(), happens) } : content);

        public void Add(ReadOnlySpan<byte> added, TreeEntry entry) => tree.Add(added, entry);

        public Stream Begin(ReadOnlySpan<byte> begun, WrittenContent content) => tree.Begin(begun, content);

        public bool Link(ReadOnlySpan<byte> link, ReadOnlySpan<byte> existing) => tree.Link(link, existing);

        public bool Remove(ReadOnlySpan<byte> removed) => tree.Remove(removed);

        public bool Move(ReadOnlySpan<byte> moved, ReadOnlySpan<byte> target) => tree.Move(moved, target);

        public void WaitUntilRead() => tree.WaitUntilRead();

        public void StartOver() => tree.StartOver();

        public void Warn(ReadOnlySpan<byte> about, string problem) => tree.Warn(about, problem);

        public void Note(ReadOnlySpan<byte> about, string text) => tree.Note(about, text);
    }

    private sealed class Interrupted(Stream inner, Action happens) : MemoryStream
    {
        private long _left = 256 << 10;

        public override int Read(Span<byte> buffer)
        {
            int count = inner.Read(buffer);
            bool isNow = _left > 0 && _left <= count;
            _left -= count;
            if (isNow)
                happens();
            return count;
        }

        protected override void Dispose(bool disposing) => inner.Dispose();
    }
}
