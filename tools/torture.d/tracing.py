"""Faults of single system calls, by strace: how many calls a usual run makes, which of them fails, and whether it did."""

import collections
import os
import re

ERRORS = ("EIO", "ENOSPC", "EINTR")
# Those with which the program changes a repository or reads one, and what .NET does with its own files by the same calls.
CALLS = ("fsync", "fdatasync", "write", "pwrite64", "renameat2", "linkat", "mkdirat", "openat", "unlinkat", "ftruncate", "pread64",
         "getdents64", "statx")
PUBLISHING = ("fsync", "pwrite64", "renameat2", "unlinkat", "mkdirat")
LINE = re.compile(r"^(\d+) +(\w+)\(")

Fault = collections.namedtuple("Fault", "call what number")


def counting(log):
    """The command line that counts calls into a log."""
    return ["strace", "-f", "-qq", "-y", "--seccomp-bpf", "-e", f"trace={','.join(CALLS)}", "-o", log]


def injecting(log, fault):
    """The command line that makes one call of each thread fail."""
    what = "signal=KILL" if fault.what == "KILL" else f"error={fault.what}"
    # strace 6.1 injects errors with its filter, which is fast, but no signals.
    fast = [] if fault.what == "KILL" else ["--seccomp-bpf"]
    return ["strace", "-f", "-qq", "-y", *fast, "-e", f"trace={fault.call}", "-e", f"inject={fault.call}:{what}:when={fault.number}", "-o", log]


def count(log, repository):
    """The calls of a run: for each kind and thread, which of them concern the repository."""
    seen = collections.defaultdict(list)
    with open(log, encoding="utf-8", errors="replace") as file:
        for line in file:
            if begun := LINE.match(line):
                seen[begun[2], begun[1]].append(repository in line)
    return [(call, list(concerns)) for (call, _), concerns in seen.items()]


def choose(rng, counted):
    """A fault: mostly of a call that concerns the repository, rarely of one of .NET's own."""
    wanted = PUBLISHING if rng.random() < 0.7 else CALLS
    own = rng.random() < 0.1
    places = [(call, number) for call, concerns in counted if call in wanted
              for number, concerned in enumerate(concerns, 1) if concerned != own]
    if not places:
        return None
    # Each kind alike: a run makes many writes and few renames.
    call = rng.choice(sorted({call for call, _ in places}))
    number = rng.choice([number for kind, number in places if kind == call])
    return Fault(call, rng.choice(("KILL", *ERRORS)), number)


def fired(log, fault, repository):
    """Whether the fault came: 'no', 'repository' or 'elsewhere'."""
    if not os.path.exists(log):
        return "no"
    with open(log, encoding="utf-8", errors="replace") as file:
        lines = file.read().splitlines()
    hits = [line for line in lines if "(INJECTED)" in line]
    if fault.what == "KILL" and any("killed by SIGKILL" in line for line in lines):
        hits = [line for line in lines if f" {fault.call}(" in line][-1:]
    if not hits:
        return "no"
    return "repository" if all(repository in line for line in hits) else "elsewhere"
