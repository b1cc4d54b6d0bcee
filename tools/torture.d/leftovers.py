"""What killed commands left behind, told from the names of objects alone: how far they had come."""

import os
import re

ID = "[0-9a-f]{32}"
NAMES = re.compile(rf"config|keys/{ID}|packs/[0-9a-f]{{2}}/{ID}-[0-9a-f]{{64}}|index/{ID}-\d+|(sessions|snapshots|retired)/{ID}"
                   rf"|gc/\d+\.(plan|verdict|done|watch-\d+)|gc/probe-{ID}|labels/{ID}-\d+")
KIND_OFFSET = 5
FENCE = 8


def names(repository):
    """Names of all files but temporaries."""
    found = set()
    for below, _, files in os.walk(repository):
        found |= {os.path.relpath(os.path.join(below, name), repository) for name in files}
    return {name for name in found if not name.startswith("tmp/")}


def strangers(repository):
    """Visible names that spec/storage.md does not know."""
    return sorted(name for name in names(repository) if not NAMES.fullmatch(name))


def look(repository):
    """Sessions that wrote anything."""
    return set(_sessions(names(repository)))


def classify(repository, before, acknowledged):
    """How far sessions came that ended without saying so, and whether a prune stands open: name -> how many."""
    phases = {}
    found = names(repository)
    for session, kinds in _sessions(found).items():
        if session in before or session in acknowledged:
            continue
        phase = _register(repository, session) if "snapshots" in kinds else \
            next((name for kind, name in (("index", "indexed"), ("packs", "packs written"), ("sessions", "registered"))
                  if kind in kinds), None)
        if phase:
            phases[phase] = phases.get(phase, 0) + 1
    open_generation = _open_generation(found)
    if open_generation:
        phases[open_generation] = 1
    return phases


def _sessions(found):
    sessions = {}
    for name in found:
        folder = name.split("/")[0]
        if folder in ("sessions", "packs", "index", "snapshots"):
            sessions.setdefault(os.path.basename(name)[:32], set()).add(folder)
    return sessions


def _register(repository, session):
    with open(os.path.join(repository, "snapshots", session), "rb") as file:
        return "fenced" if file.read(KIND_OFFSET + 1)[KIND_OFFSET] == FENCE else "committed, not acknowledged"


def _open_generation(found):
    plans = [int(name[3:-5]) for name in found if name.startswith("gc/") and name.endswith(".plan")]
    newest = max(plans, default=0)
    if not newest or f"gc/{newest}.done" in found:
        return None
    return "prune with a verdict" if f"gc/{newest}.verdict" in found else "prune with a plan"
