"""Source trees that a seeded generator makes and changes, and what they hold: path -> (kind, mode, mtime, content)."""

import hashlib
import os
import stat

BLOCK = 32 << 10
POOL_BLOCKS = 200
FILES_MAX = 70
TABLES = ("table-a", "table-b")


class Pool:
    """Blocks of which the files of all trees are made, so that trees share content with one another and with their past."""

    def __init__(self, rng):
        self._blocks = [rng.randbytes(BLOCK) if i % 3 else rng.randbytes(64) * (BLOCK // 64) for i in range(POOL_BLOCKS)]

    def content(self, rng):
        """The content of a file: small and new, or some blocks of the pool with something new between."""
        if rng.random() < 0.6:
            return rng.randbytes(rng.choice([0, 1, 100, 3000, 20000]))
        pieces = [rng.choice(self._blocks) for _ in range(rng.randint(1, 6))]
        pieces.insert(rng.randint(0, len(pieces)), rng.randbytes(rng.randint(0, 5000)))
        return b"".join(pieces)


def make(folder, rng, pool):
    """Makes a tree."""
    os.makedirs(folder)
    for name in TABLES:
        with open(os.path.join(folder, name), "wb") as file:
            file.write(b"".join(row(rng, number) for number in range(rng.randint(2500, 5000))))
    for i in range(FILES_MAX // 2):
        add(folder, rng, pool, i)


def change(folder, rng, pool, number):
    """Changes a few things in a tree."""
    for name in TABLES:
        if rng.random() < 0.6:
            change_table(os.path.join(folder, name), rng)
    for i in range(rng.randint(1, 8)):
        files = sorted(files_of(folder))
        kind = rng.random()
        if not files or (kind < 0.3 and len(files) < FILES_MAX):
            add(folder, rng, pool, f"{number}-{i}")
        elif kind < 0.45 or len(files) >= FILES_MAX:
            os.unlink(rng.choice(files))
        elif kind < 0.55:
            path = rng.choice(files)
            os.rename(path, f"{path}-{number}-{i}"[-200:] if len(path) < 150 else path)
        else:
            edit(rng.choice(files), rng, pool)


def change_table(path, rng):
    """Changes some rows, and sometimes puts some in or takes some out: what a prune meets then are deltas and their bases."""
    if not os.path.isfile(path):
        return
    with open(path, "rb") as file:
        rows = file.read().splitlines(keepends=True)
    for at in rng.sample(range(len(rows)), min(len(rows), rng.choice([1, 30, 400]))):
        rows[at] = row(rng, at)
    if rows and rng.random() < 0.3:
        at = rng.randrange(len(rows))
        rows[at:at + rng.randint(0, 50)] = [row(rng, at) for _ in range(rng.randint(0, 50))]
    with open(path, "wb") as file:
        file.write(b"".join(rows))


def row(rng, number):
    """A row of a table."""
    return b"%d\t%x\tthe same words in every row\t%d\n" % (number, rng.getrandbits(80), rng.randint(0, 10**6))


def add(folder, rng, pool, name):
    """Adds a file, sometimes in a new directory, sometimes a symbolic link."""
    below = os.path.join(folder, *(f"d{rng.randint(0, 4)}" for _ in range(rng.randint(0, 2))))
    os.makedirs(below, exist_ok=True)
    path = os.path.join(below, f"f{name}")
    if os.path.lexists(path):
        return
    if rng.random() < 0.1:
        os.symlink(f"to-{name}", path)
        return
    with open(path, "wb") as file:
        file.write(pool.content(rng))
    os.chmod(path, rng.choice([0o644, 0o600, 0o755]))


def edit(path, rng, pool):
    """Rewrites a file, or changes some of its bytes, its mode or its time."""
    if os.path.islink(path):
        return
    what = rng.random()
    if what < 0.4:
        with open(path, "wb") as file:
            file.write(pool.content(rng))
    elif what < 0.8:
        with open(path, "r+b") as file:
            file.seek(rng.randint(0, os.path.getsize(path)))
            file.write(rng.randbytes(rng.randint(1, 300)))
    elif what < 0.9:
        os.chmod(path, rng.choice([0o644, 0o600, 0o755, 0o400]))
    else:
        os.utime(path, ns=(rng.randint(0, 10**18), rng.randint(0, 2 * 10**18)))


def files_of(folder):
    """Paths of all that is no directory."""
    return [os.path.join(below, name) for below, _, names in os.walk(folder) for name in names]


def look(folder):
    """What a tree holds: path -> (kind, mode, mtime in nanoseconds, hash or target)."""
    seen = {}
    for below, directories, names in os.walk(folder):
        for path in [below, *(os.path.join(below, name) for name in names)]:
            seen[os.path.relpath(path, folder)] = _entry(path)
        directories.sort()
    return seen


def _entry(path):
    told = os.lstat(path)
    if stat.S_ISLNK(told.st_mode):
        return ("link", 0, told.st_mtime_ns, os.readlink(path))
    mode = stat.S_IMODE(told.st_mode)
    if stat.S_ISDIR(told.st_mode):
        return ("directory", mode, told.st_mtime_ns, "")
    with open(path, "rb") as file:
        return ("file", mode, told.st_mtime_ns, hashlib.sha256(file.read()).hexdigest())


def differences(expected, found):
    """What is not as it was, a line each."""
    for path in sorted(expected.keys() | found.keys()):
        if path not in found:
            yield f"{path}: missing"
        elif path not in expected:
            yield f"{path}: was never there"
        elif expected[path] != found[path]:
            yield f"{path}: {expected[path]} became {found[path]}"
