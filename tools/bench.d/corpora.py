"""The trees that are measured: built once, from a seed or from Debian's packages, and kept between runs.

Every corpus is two states of one tree, `state1` and `state2`, in their own directories. Run as a program
(`corpora.py NAME WORK SCALE`) so that the memory it needs is not counted to the programs measured later:
Linux counts what a parent held at the time of exec to the child's peak.
"""

import json
import os
import shutil
import subprocess
import sys

import bounded_corpora
import kernel_source
import synthetic

# Raise a corpus's number when its builder changes: kept corpora of another number are built anew.
BUILDERS = {
    "source": (kernel_source.build, 1),
    "small": (synthetic.build_small, 1),
    "large": (synthetic.build_large, 1),
    "bounded-files": (bounded_corpora.build_files, 1),
    "bounded-directory": (bounded_corpora.build_directory, 1),
    "bounded-sparse": (bounded_corpora.build_sparse, 1),
}
ENGINE_PARTS = ["source", "small", "large"]
BOUNDED_PARTS = ["bounded-files", "bounded-directory", "bounded-sparse"]


def home(work, name, scale):
    """The directory of a corpus; every scale has its own."""
    return os.path.join(work, "corpora", name if scale == 1 else f"{name}-{scale:g}")


def facts(work, name, scale):
    """What is known of a finished corpus, or None when it is absent, unfinished or of an older builder."""
    try:
        with open(os.path.join(home(work, name, scale), "facts.json"), encoding="utf-8") as file:
            known = json.load(file)
    except FileNotFoundError:
        return None
    return known if known["builder"] == BUILDERS[name][1] else None


def ensure(work, name, scale):
    """Build the corpus if it is not there (in a process of its own) and return its facts."""
    if facts(work, name, scale) is None:
        print(f"building corpus {name} (kept for the next run) ...", flush=True)
        subprocess.run([sys.executable, __file__, name, work, str(scale)], check=True)
    return facts(work, name, scale)


def put_live(work, name, scale, state):
    """Bring the corpus's live directory to a state, touching only what differs, and return its path.

    All snapshots are taken of this one path, as a user's are: change detection goes by path. A corpus of one
    state is used where it lies.
    """
    if not os.path.exists(os.path.join(home(work, name, scale), "state2")):
        return os.path.join(home(work, name, scale), "state1")
    live = os.path.join(work, "live", os.path.basename(home(work, name, scale)))
    os.makedirs(live, exist_ok=True)
    origin = os.path.join(home(work, name, scale), state)
    subprocess.run(["rsync", "-aHSX", "--delete", origin + "/", live + "/"], check=True)
    return live


def describe(directory):
    """Count a tree: files, directories, bytes as read (holes included)."""
    files = directories = size = 0
    for folder, _, names in os.walk(directory):
        directories += 1
        files += len(names)
        size += sum(os.lstat(os.path.join(folder, name)).st_size for name in names)
    return {"files": files, "directories": directories, "bytes": size}


def build(name, work, scale):
    """Build one corpus from scratch; `facts.json` is written last and is the sign that it is complete."""
    builder, number = BUILDERS[name]
    target = home(work, name, scale)
    shutil.rmtree(target, ignore_errors=True)
    os.makedirs(target)
    told = builder(target, scale) or {}
    known = {"name": name, "scale": scale, "builder": number, **describe(os.path.join(target, "state1")), **told}
    with open(os.path.join(target, "facts.json"), "w", encoding="utf-8") as file:
        json.dump(known, file, indent=1)


if __name__ == "__main__":
    build(sys.argv[1], sys.argv[2], float(sys.argv[3]))
