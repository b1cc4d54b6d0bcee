"""`bench s3 one-file`: what a bare machine fetches to restore one file of a repository in an object store.

Run as a program (`far_file.py GIB`) it writes a stream of GIB gibibytes in blocks of 64 KiB, the mean size of chunks, that all differ and
hardly take room: its index is as large as that of so much real data, and 100 GiB of it fit in a store in memory.
"""

import os
import shutil
import sys

import far_store
import measure

SIZES_GIB = [1, 100]
BLOCK = 64 << 10
BATCH = 64
FILES, FILE_BYTES = 1000, 16 << 10
DOWN_MIB_MAX = 64


def write(gib):
    """Write the stream to standard output."""
    rest = bytes(BLOCK - 8)
    for start in range(0, gib * (1 << 30) // BLOCK, BATCH):
        sys.stdout.buffer.write(b"".join(number.to_bytes(8, "little") + rest for number in range(start, start + BATCH)))


def run(contender, options):
    """Snapshot a small tree and then the stream, forget the cache, restore one file of the tree; print what came over the wire and
    return whether that is within the bound."""
    tree = os.path.join(options.work, "live", "one-file")
    make_tree(tree)
    passed = True
    for gib in [max(1, int(size * options.scale)) for size in SIZES_GIB]:
        store = far_store.FarStore(memory_gib=8)
        try:
            contender.reset(store.start())
            down, turns, wall = restore_one(contender, options, tree, gib)
        finally:
            store.stop()
        passed &= down <= DOWN_MIB_MAX
        print(f"  {'PASS' if down <= DOWN_MIB_MAX else 'FAIL'}  one file of {FILE_BYTES >> 10} KiB out of {gib} GiB (simulated): {down:.2f} MiB fetched"
              f" in {turns} turns, {wall:.1f} s (at most {DOWN_MIB_MAX} MiB)")
    return passed


def make_tree(tree):
    """Files that do not compress, in ten directories."""
    shutil.rmtree(tree, ignore_errors=True)
    for number in range(FILES):
        folder = os.path.join(tree, str(number % 10))
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, f"{number}"), "wb") as file:
            file.write(os.urandom(FILE_BYTES))


def restore_one(contender, options, tree, gib):
    """MiB fetched, turns and seconds of the restore, after all else is done."""
    log = os.path.join(options.work, "logs", "s3-one-file.log")
    program, file = contender.program, os.path.join(tree, "7", "777")

    def step(*arguments):
        return measure.run([program, *arguments], contender.environment(), contender.home, log)
    step("init", "--create-bucket", "--chunker", "fixed:64KiB")
    step("snapshot", tree, "--tag", "tree")
    step("snapshot", "--name", "stream", "exec:", "--", sys.executable, os.path.abspath(__file__), str(gib))
    shutil.rmtree(contender.cache)
    before = contender.store.counts()
    cost = step("restore", f"latest:{file}", "--tag", "tree", "--target", "restored")
    _, down, turns = (after - earlier for after, earlier in zip(contender.store.counts(), before))
    with open(file, "rb") as wanted, open(os.path.join(contender.home, "restored", "777"), "rb") as restored:
        if wanted.read() != restored.read():
            raise measure.Failed("the restored file is another one")
    return down / (1 << 20), turns, cost.wall_s


if __name__ == "__main__":
    write(int(sys.argv[1]))
