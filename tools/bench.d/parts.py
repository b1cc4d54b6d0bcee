"""Measure one part: all programs through all steps on one corpus, side by side."""

import math
import os
import shutil
import subprocess
import sys
import time

import corpora
import measure

STEPS = ["first", "unchanged", "changed", "restore", "check", "check-data", "prune"]
MEMORY_SHARE_MAX = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 3
INODE_REST_S = 90  # the kernel's minute, and time for what it held back to be written
CHEAP_STEPS = {"unchanged": 3, "check": 3}  # times each is run, for a median: short runs scatter most


def run_part(name, steps, contenders, options, store=None):
    """Return {program: {step: figures}}; figures are a Cost's fields, repository_mib (of local ones) or up_mib, down_mib and
    turns (of a FarStore), or `failed` with the reason."""
    part = Part(name, contenders, options, store)
    try:
        for number in range(options.runs):
            part.round(steps, number)
    finally:
        part.remove_restored()
    return part.figures()


class Part:
    """The runs on one corpus and their costs so far."""

    def __init__(self, name, contenders, options, store):
        self.name, self.options, self.store = name, options, store
        self.all = contenders
        self.costs = {contender.name: {} for contender in contenders}
        self.extra = {contender.name: {} for contender in contenders}
        self.failed = {}
        self.restored = os.path.join(options.work, "restored")
        self.out = self.restored
        self.filling = os.path.join(options.work, "filling")
        self.removal = os.path.join(options.work, "restored-removed")
        self.log = os.path.join(options.work, "logs", f"{name}-%s.log")
        os.makedirs(os.path.dirname(self.log), exist_ok=True)
        self.live = None
        self.size = corpora.facts(options.work, name, options.scale)["bytes"]

    def round(self, steps, number):
        """All steps once (the cheap ones several times), from new repositories on."""
        self.remove_restored()
        self.put_live("state1")
        for contender in self.able():
            contender.reset(self.store)
            self.attempt(contender, "init", "init")
        for step in steps:
            if step == "changed":
                self.put_live("state2")
            repeats = 1 if self.options.once else CHEAP_STEPS.get(step, 1)
            for repeat in range(repeats):
                able = self.able()
                # Another one goes first each time, so that none always runs on what the others left behind.
                shift = (number + repeat) % max(1, len(able))
                for contender in able[shift:] + able[:shift]:
                    self.step(contender, step)

    def remove_restored(self):
        """Remove all restored trees, and note when."""
        if os.path.exists(self.filling):
            os.unlink(self.filling)
        if os.path.exists(self.restored):
            shutil.rmtree(self.restored)
            os.sync()
            with open(self.removal, "wb"):
                os.utime(self.removal)

    def await_inodes(self):
        """Wait until a removal is some time ago: ext4 passes over the inodes of files removed in the last minute
        one by one (`recently_deleted` in fs/ext4/ialloc.c), and who restores next would pay for it."""
        age = time.time() - os.stat(self.removal).st_mtime if os.path.exists(self.removal) else math.inf
        time.sleep(max(0, INODE_REST_S - age))

    def put_live(self, state):
        """Bring the tree to a state and, unless `cold`, into memory: else the program that is first reads it from disk
        for all others."""
        self.live = corpora.put_live(self.options.work, self.name, self.options.scale, state)
        if not self.options.cold:
            measure.warm(self.live)

    def able(self):
        """Those that have not failed: after a failure later steps would measure nothing of use."""
        return [contender for contender in self.all if contender.name not in self.failed]

    def step(self, contender, step):
        """One timed run, then what is looked at outside the timing."""
        tell(f"  {self.name} {step}: {contender.name} ...")
        if step == "restore":
            self.await_inodes()
            self.out = os.path.join(self.restored, contender.name)
            os.makedirs(self.out)
        does = "snapshot" if step in ("first", "unchanged", "changed") else step
        before = self.store.counts() if self.store else ()
        cost = self.attempt(contender, step, does)
        tell("")
        if cost is None:
            return
        self.costs[contender.name].setdefault(step, []).append(cost)
        extra = self.extra[contender.name].setdefault(step, {})
        if self.store:
            up, down, turns = (after - earlier for after, earlier in zip(self.store.counts(), before))
            extra.update({"up_mib": up / (1 << 20), "down_mib": down / (1 << 20), "turns": turns})
        elif does in ("snapshot", "prune"):
            extra["repository_mib"] = measure.size_mib(contender.repository)
        if step == "restore":
            extra["restored_allocated_mib"] = allocated_mib(self.out)
            extra["source_allocated_mib"] = allocated_mib(self.live)
            self.verify(contender)

    def attempt(self, contender, step, does):
        """Run a command; a failure is noted and ends this program's part."""
        command = contender.command(does, self.live, self.out)
        measure.settle(self.options.cold)
        if step == "restore" and self.store:
            measure.fill_memory(self.filling)
        elif step in ("first", "restore"):
            measure.fault_in(min(self.size * 5 // 4, MEMORY_SHARE_MAX))
        try:
            return measure.run(command, contender.environment(), self.out if does == "restore" else contender.home,
                               self.log % contender.name)
        except (measure.Failed, OSError) as failure:
            self.failed[contender.name] = (step, str(failure))
            print(f"  {self.name} {step}: {contender.name} FAILED: {failure}")
            return None

    def verify(self, contender):
        """Compare the restored tree with the source: contents by checksum, and all metadata rsync knows."""
        result = subprocess.run(["rsync", "-aHXni", "--checksum", "--delete", self.live + "/",
                                 self.out + self.live + "/"], capture_output=True, text=True, errors="replace")
        differences = (result.stdout + result.stderr).splitlines()
        if differences or result.returncode != 0:
            self.failed[contender.name] = ("restore", f"{len(differences)} differences")
            print(f"  {self.name} restore: {contender.name} restored another tree; {len(differences)} differences:")
            print("".join(f"    {line}\n" for line in differences[:10]), end="")

    def figures(self):
        """Medians over all runs."""
        told = {name: {step: {**vars(measure.median(costs)), "runs": len(costs), **self.extra[name].get(step, {})}
                       for step, costs in steps.items()} for name, steps in self.costs.items()}
        for name, (step, reason) in self.failed.items():
            told[name][step] = {"failed": reason}
        return told


def tell(text):
    """Show what is going on, on a terminal only."""
    if sys.stdout.isatty():
        print(f"{text:<78}", end="\r", flush=True)


def allocated_mib(directory):
    """What a tree takes on the disk: less than its size where files are sparse."""
    total = 0
    for folder, _, names in os.walk(directory):
        total += sum(os.lstat(os.path.join(folder, name)).st_blocks for name in names)
    return total * 512 / (1 << 20)
