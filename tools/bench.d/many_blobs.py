"""`bench bounded blobs`: a repository of so many blobs that a program which keeps them in memory is found out.

Run as a program (`many_blobs.py COUNT`) it writes the stream that is snapshotted: COUNT blocks of 4 KiB that all
differ and hardly take room, so that 5,000,000 blobs cost half a gigabyte of disk.
"""

import os
import sys

import measure
import report

BLOCK = 4096  # bytes
COUNT = 5_000_000
BATCH = 256
PRUNE_BYTES_MAX = 64  # of memory, a blob in the repository


def write(count):
    """Write the stream to standard output."""
    rest = bytes(BLOCK - 8)
    for start in range(0, count, BATCH):
        blocks = range(start, min(count, start + BATCH))
        sys.stdout.buffer.write(b"".join(number.to_bytes(8, "little") + rest for number in blocks))


def run(contender, options):
    """Snapshot, snapshot again, check, read back, drop half of it; print peaks and return whether all held."""
    count = max(1000, int(COUNT * options.scale))
    contender.reset()
    program = contender.program
    def snapshot(blocks):
        return [program, "snapshot", "--name", "blobs", "exec:", "--", sys.executable, os.path.abspath(__file__), str(blocks)]
    steps = {"init": [program, "init", "--chunker", f"fixed:{BLOCK // 1024}KiB"], "first": snapshot(count), "unchanged": snapshot(count),
             "check": [program, "check"], "restore": [program, "restore", "latest", "--target", "restored"],
             "half": snapshot(count // 2), "prune": [program, "forget", "--keep-last", "1", "--prune"]}
    print(f"\nbounded-blobs: {count:,} blobs")
    log = os.path.join(options.work, "logs", "bounded-blobs.log")
    lines = []
    try:
        for step, command in steps.items():
            cost = measure.run(command, contender.environment(), contender.home, log)
            if step != "init":
                lines.append((cost.peak_mib <= report.BOUNDED_PEAK_MIB,
                              f"{step}: {cost.wall_s:.1f} s, peak memory {cost.peak_mib:.0f} MiB (at most {report.BOUNDED_PEAK_MIB} MiB)"))
            if step == "prune":
                per_blob = cost.peak_mib * (1 << 20) / count
                lines.append((options.scale < 1 or per_blob <= PRUNE_BYTES_MAX, f"prune: {per_blob:.0f} bytes of memory a blob (at most {PRUNE_BYTES_MAX})"))
        lines.append((is_right(os.path.join(contender.home, "restored", "blobs"), count), "restored: the same bytes"))
    except (measure.Failed, OSError) as failure:
        lines.append((False, str(failure)))
    finally:
        contender.reset()
    return report.show(lines)


def is_right(path, count):
    """Whether the restored file holds the stream."""
    if os.path.getsize(path) != count * BLOCK:
        return False
    rest = bytes(BLOCK - 8)
    with open(path, "rb") as file:
        return all(file.read(BLOCK) == number.to_bytes(8, "little") + rest for number in range(count))


if __name__ == "__main__":
    write(int(sys.argv[1]))
