"""Corpora `small` and `large`: made from a seed, the same bytes on every machine.

Contents are made to compress as users' files do, neither better nor worse; no two files share content unless
a comment says so. Time stamps lie in the past: a file changed in the same second as a snapshot is a special
case in every program, and not what is measured here.
"""

import os
import random
import shutil

SEED = 20260601
FIRST_DAY = 1_700_000_000  # seconds; state 1 lies in the two years after it
CHANGE_DAY = FIRST_DAY + 800 * 86_400  # state 2's changes come after every time stamp of state 1
MIB = 1 << 20


def words_of(rng, count=4000):
    """A vocabulary with the letter frequencies of no language in particular."""
    letters = "etaoinshrdlucmfwypvbgkjqxz"
    weights = [1 / (n + 3) for n in range(26)]
    return ["".join(rng.choices(letters, weights, k=rng.randint(2, 11))) for _ in range(count)]


def document(rng, words, size):
    """`size` bytes of which zstd makes 40 % alone and 33 % among others: as it does with source code.

    A document repeats a few phrases of its own, made of words that all share; an eighth is random bytes,
    as identifiers, hashes and thumbnails are.
    """
    random_size = size // 8
    phrases = [" ".join(rng.choices(words, k=2)) for _ in range(10 + size // 70)]
    text = " ".join(rng.choices(phrases, k=size // 12)).encode()[: size - random_size]
    text += b"\n" * (size - random_size - len(text))
    cut = rng.randrange(len(text) + 1)
    return text[:cut] + rng.randbytes(random_size) + text[cut:]


def write(path, content, seconds, rng):
    """Write a file and give it a time stamp with nanoseconds."""
    with open(path, "wb") as file:
        file.write(content)
    time = seconds * 10**9 + rng.randrange(10**9)
    os.utime(path, ns=(time, time))


def small_path(base, number):
    """100 files to a directory, 60 directories to a directory."""
    folder = number // 100
    return os.path.join(base, f"{folder // 60:02d}", f"{folder % 60:02d}", f"note {number:06d}.txt")


def build_small(target, scale):
    """300,000 files of 0 to 8 KiB; in state 2, 1 % are changed, 0.2 % removed, 0.2 % added."""
    count = max(1000, int(300_000 * scale))
    rng = random.Random(SEED)
    words = words_of(rng)
    state1, state2 = os.path.join(target, "state1"), os.path.join(target, "state2")
    for number in range(count):
        path = small_path(state1, number)
        if number % 100 == 0:
            os.makedirs(os.path.dirname(path))
        write(path, document(rng, words, rng.randint(0, 8192)), FIRST_DAY + rng.randrange(700 * 86_400), rng)
    age_directories(state1, FIRST_DAY)
    copy_tree(state1, state2)

    touched = rng.sample(range(count), count * 12 // 1000)
    removed, changed = touched[: count // 500], touched[count // 500 :]
    for number in removed:
        os.unlink(small_path(state2, number))
    for number in changed:
        edit_document(small_path(state2, number), rng, words)
    for number in range(count // 500):
        path = small_path(state2, rng.randrange(count)) + ".new"
        write(path, document(rng, words, rng.randint(0, 8192)), CHANGE_DAY + number, rng)
    return {"about": f"seed {SEED}; state 2: 1 % changed, 0.2 % removed, 0.2 % added"}


def edit_document(path, rng, words):
    """Replace one line's worth of bytes in the middle by another length: an edit, not a rewrite."""
    with open(path, "rb") as file:
        content = file.read()
    at = rng.randrange(len(content) + 1)
    edited = content[:at] + document(rng, words, rng.randint(40, 200)) + content[at + rng.randint(0, 100) :]
    write(path, edited, CHANGE_DAY + rng.randrange(86_400), rng)


def build_large(target, scale):
    """4 GiB in four files, a quarter each: a log, incompressible media, a database, a sparse disk image."""
    size = max(8 * MIB, int(1024 * MIB * scale)) // MIB * MIB
    rng = random.Random(SEED + 1)
    state1, state2 = os.path.join(target, "state1"), os.path.join(target, "state2")
    os.makedirs(state1)
    make_log(os.path.join(state1, "server.log"), rng, size)
    make_media(os.path.join(state1, "media.bin"), rng, size)
    make_database(os.path.join(state1, "database.db"), rng, size)
    make_image(os.path.join(state1, "disk.img"), rng, size)
    for number, name in enumerate(sorted(os.listdir(state1))):
        os.utime(os.path.join(state1, name), (FIRST_DAY + number, FIRST_DAY + number))
    age_directories(state1, FIRST_DAY)
    copy_tree(state1, state2)

    insert_pieces(os.path.join(state1, "server.log"), os.path.join(state2, "server.log"), rng, size)
    move_blocks(os.path.join(state1, "media.bin"), os.path.join(state2, "media.bin"), rng, size)
    update_pages(os.path.join(state2, "database.db"), rng, share=0.02, page=8192)
    update_pages(os.path.join(state2, "disk.img"), rng, share=0.01, page=65_536)
    for number, name in enumerate(sorted(os.listdir(state2))):
        os.utime(os.path.join(state2, name), (CHANGE_DAY + number, CHANGE_DAY + number))
    return {"about": f"seed {SEED + 1}; state 2: lines inserted in the log, blocks of the media moved,"
                     " 2 % of the database's pages and 1 % of the image's blocks rewritten"}


def log_lines(rng, count):
    """Lines of a web server's log."""
    verbs, paths = ["GET", "GET", "GET", "POST", "HEAD"], [f"/item/{n}/{n * 7919 % 1000}" for n in range(500)]
    bits = rng.getrandbits
    return "".join(
        f"10.{bits(6)}.{bits(8)}.{bits(8)} - [{FIRST_DAY + n}] \"{verbs[bits(8) % 5]} {paths[bits(16) % 500]}"
        f" HTTP/1.1\" 200 {bits(15)} {bits(64):016x}\n" for n in range(count)).encode()


def make_log(path, rng, size):
    with open(path, "wb") as file:
        while file.tell() < size:
            file.write(log_lines(rng, 10_000)[: size - file.tell()])


def make_media(path, rng, size):
    with open(path, "wb") as file:
        for _ in range(size // MIB):
            file.write(rng.randbytes(MIB))


def database_page(rng, number):
    """8 KiB as a database keeps them: a header, rows of numbers and text, free space of zeros at the end."""
    rows = b"".join(b"%08d|customer %06d|%s|%012d|open|\0\0" % (number * 90 + n, rng.getrandbits(19) % 500_000,
                    rng.randbytes(12), rng.getrandbits(38)) for n in range(90 + rng.getrandbits(3)))
    return (b"PAGE" + number.to_bytes(8, "little") + rng.randbytes(4) + rows)[:8000].ljust(8192, b"\0")


def make_database(path, rng, size):
    with open(path, "wb") as file:
        for number in range(size // 8192):
            file.write(database_page(rng, number))


def make_image(path, rng, size):
    """Half of the image is holes; the rest is runs of text, of random bytes and of written zeros."""
    with open(path, "wb") as file:
        file.truncate(size)
        at = 0
        while at < size:
            run = min(rng.randint(1, 8) * MIB, size - at)
            kind = rng.randrange(6)
            file.seek(at)
            if kind == 0:
                file.write(log_lines(rng, run // 60)[:run])
            elif kind == 1:
                file.write(rng.randbytes(run))
            elif kind == 2:
                file.write(bytes(run))
            at += run


def insert_pieces(origin, target, rng, size):
    """Copy with new lines put in at 40 places, and 2 % appended."""
    places = sorted(rng.randrange(size) for _ in range(40))
    with open(origin, "rb") as old, open(target, "wb") as new:
        for start, end in zip([0] + places, places + [size]):
            copy_range(old, new, start, end)
            new.write(log_lines(rng, rng.randint(1, 200)))
        new.write(log_lines(rng, size // 5000))


def move_blocks(origin, target, rng, size):
    """Copy with the order of some of 64 equal blocks changed: as when an archive is packed anew."""
    block = size // 64
    order = list(range(64))
    for _ in range(8):
        order.insert(rng.randrange(64), order.pop(rng.randrange(64)))
    with open(origin, "rb") as old, open(target, "wb") as new:
        for number in order:
            copy_range(old, new, number * block, (number + 1) * block)


def update_pages(path, rng, share, page):
    """Rewrite 200 bytes in randomly chosen pages, in place."""
    pages = os.path.getsize(path) // page
    with open(path, "r+b") as file:
        for number in rng.sample(range(pages), int(pages * share)):
            file.seek(number * page + rng.randrange(page - 200))
            file.write(rng.randbytes(200))


def copy_range(old, new, start, end):
    old.seek(start)
    while start < end:
        piece = old.read(min(MIB, end - start))
        new.write(piece)
        start += len(piece)


def age_directories(base, seconds):
    """Directories get a fixed time too, so that the corpus is the same wherever it is built."""
    for folder, _, _ in os.walk(base, topdown=False):
        os.utime(folder, (seconds, seconds))


def copy_tree(origin, target):
    """A copy with times kept; holes stay holes because cp looks for them."""
    shutil.rmtree(target, ignore_errors=True)
    if os.spawnlp(os.P_WAIT, "cp", "cp", "-a", "--sparse=auto", origin, target) != 0:
        raise SystemExit(f"bench: cannot copy {origin}")
