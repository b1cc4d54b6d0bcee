"""Corpora for `bench bounded`: sizes at which a program that keeps something per file in memory is found out."""

import os
import random

SEED = 20260701
TIME = 1_700_000_000  # seconds
MIB = 1 << 20


def tiny_file(path, number):
    """A few bytes that no other file has; every fourth is empty."""
    with open(path, "wb") as file:
        if number % 4:
            file.write(b"entry %d\n" % number)


def build_files(target, scale):
    """1,000,000 files in 1,000 directories."""
    count = max(1000, int(1_000_000 * scale))
    base = os.path.join(target, "state1")
    for number in range(count):
        folder = os.path.join(base, f"{number // 1000:04d}")
        if number % 1000 == 0:
            os.makedirs(folder)
        tiny_file(os.path.join(folder, f"file-{number:07d}"), number)


def build_directory(target, scale):
    """One directory of 1,000,000 entries, the names in no order of creation."""
    count = max(1000, int(1_000_000 * scale))
    base = os.path.join(target, "state1")
    os.makedirs(base)
    for number in range(count):
        tiny_file(os.path.join(base, f"{number * 2_654_435_761 % 2**32:08x}-{number}"), number)


def build_sparse(target, scale):
    """One file of 20 GiB with 256 MiB of data in 512 pieces, the rest holes."""
    size = max(64 * MIB, int(20 * 1024 * MIB * scale))
    piece = max(4096, int(MIB // 2 * min(1, scale * 4))) // 4096 * 4096
    rng = random.Random(SEED)
    os.makedirs(os.path.join(target, "state1"))
    with open(os.path.join(target, "state1", "disk.img"), "wb") as file:
        file.truncate(size)
        for _ in range(512):
            file.seek(rng.randrange((size - piece) // 4096) * 4096)
            file.write(rng.randbytes(piece))
