"""tools/torture: concurrent writers and prunes with faults, and nothing lost. spec/torture.md tells what is checked."""

import argparse
import collections
import os
import random
import shutil
import signal
import sys
import tempfile
import time

import every
import order
import rounds
import volume
from program import Lost
from world import World

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.join(ROOT, "artifacts", "bin", "Snapstore.Cli", "release", "Snapstore.Cli")
KINDS = ("kill", "inject", "full")
WARM_UP = 4
BATCH = 10


class Tally:
    """What happened, for the summary."""

    def __init__(self):
        self.rounds = collections.Counter()
        self.kills = collections.Counter()
        self.phases = collections.Counter()
        self.faults = collections.Counter()
        self.full = collections.Counter()
        self.snapshots = self.restored = self.forgotten = self.packs = self.deltas = 0

    def count(self, kind, cast, phases):
        """Counts the commands of a round."""
        self.rounds[kind] += 1
        if kind != "none":
            self.phases.update(phases)
        for actor in cast:
            verb = actor.run.verb
            if kind == "kill" and actor.run.was_killed:
                self.kills[verb] += 1
            if actor.fault and actor.fired != "no":
                self.faults[f"{actor.fault.call} {actor.fault.what}"] += 1
            if kind == "full":
                self.full["failed" if actor.run.code == 1 else "went through"] += 1
            if actor.run.code in (0, 3):
                self.snapshots += verb in ("snapshot", "undelete")
                self.forgotten += sum(not told["keep"] for told in actor.run.objects("decision"))
            self.count_pruned(actor.run)

    def count_pruned(self, run):
        """Counts what a prune deleted, and deltas that were made."""
        self.packs += sum(told.get("packs_deleted", 0) for told in run.objects("summary"))
        self.deltas += sum(told.get("delta_blobs_new", 0) for told in run.objects("summary"))

    def lines(self):
        """The summary."""
        def told(counter):
            return ", ".join(f"{what} {times}" for what, times in sorted(counter.items())) or "none"
        yield f"rounds      {sum(self.rounds.values())}: {told(self.rounds)}"
        yield f"killed      {sum(self.kills.values())}: {told(self.kills)}"
        yield f"left behind {told(self.phases)}"
        yield f"injected    {sum(self.faults.values())}: {told(self.faults)}"
        if self.full:
            yield f"full        {told(self.full)}"
        yield f"snapshots   {self.snapshots} taken, {self.restored} restored and compared, {self.forgotten} forgotten; {self.packs} packs deleted; {self.deltas} chunks stored as deltas"


def parse(arguments):
    parser = argparse.ArgumentParser(prog="tools/torture", description="torture the built program; spec/torture.md tells what is checked")
    parser.add_argument("words", nargs="*", metavar="order|every", help="order: only hold the order of system calls of each verb"
                        " against spec/storage.md; every: only fail every single call of each verb")
    parser.add_argument("--rounds", type=int, help="end after N rounds (default: 100, without --minutes)")
    parser.add_argument("--minutes", type=float, help="end after M minutes")
    parser.add_argument("--seed", default=None, help="repeat the choices of a run (default: a new one)")
    parser.add_argument("--kinds", default=None, help=f"of {','.join(KINDS)} (default: all that can be)")
    parser.add_argument("--keep", action="store_true", help="keep the directory also if all is well")
    parser.add_argument("--snapstore", metavar="PROGRAM", default=PROGRAM, help="torture this program")
    options = parser.parse_args(arguments)
    asked = (options.kinds or ",".join(KINDS)).split(",")
    if not set(asked) <= set(KINDS) or not set(options.words) <= {"order", "every"}:
        parser.error("what is that?")
    if "full" in asked and os.geteuid() != 0:
        if options.kinds:
            parser.error("--kinds full mounts a tmpfs, which only root can")
        print("SKIPPED: kind full, which mounts a tmpfs: only root can")
        asked.remove("full")
    options.kinds = asked
    options.rounds = options.rounds or (None if options.minutes else 100)
    options.seed = options.seed or str(random.SystemRandom().randrange(10**6))
    options.snapstore = os.path.abspath(options.snapstore)
    return options


class Torture:
    """The worlds that live through all rounds: one on the disk, one on a file system that gets full."""

    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.tally = Tally()
        self.volume = None
        self.worlds = {}
        self.number = 0
        self.current = None

    def world(self, kind):
        """Where rounds of this kind take place."""
        name = "full" if kind == "full" else "disk"
        if name not in self.worlds:
            folder = os.path.join(self.folder, name)
            repository = None
            if name == "full":
                self.volume = volume.Tmpfs(os.path.join(self.folder, "tmpfs"))
                repository = os.path.join(self.volume.folder, "repository")
            self.worlds[name] = World(self.options.snapstore, folder, self.options.seed, repository)
            self.worlds[name].volume = self.volume
        return self.worlds[name]

    def run(self):
        """All rounds."""
        end = time.monotonic() + 60 * self.options.minutes if self.options.minutes else None
        begun = time.monotonic()
        while (self.options.rounds is None or self.number < self.options.rounds) and (end is None or time.monotonic() < end):
            self.number += 1
            kind = random.Random(f"{self.options.seed}/{self.number}/kind").choice(self.options.kinds)
            # The first ones without a fault: they tell how long verbs take and which calls they make.
            if self.number <= min(WARM_UP, (self.options.rounds or 100) // 5) and "inject" in self.options.kinds:
                kind = "none"
            self.current = self.world(kind)
            rounds.run(self.current, kind, self.options.seed, self.number, self.tally)
            if self.number % BATCH == 0:
                print(f"round {self.number}: {self.tally.snapshots} snapshots, {self.tally.restored} restored, {sum(self.tally.kills.values())} killed,"
                      f" {sum(self.tally.faults.values())} injected, {self.tally.packs} packs deleted, {time.monotonic() - begun:.0f} s")

    def report(self, failure):
        """Everything that helps to understand a failure."""
        print(f"\nFAILED in round {self.number} of seed {self.options.seed}: {failure}\n")
        for run in self.current.history if self.current else []:
            print(run.describe())
        print(f"repeat: tools/torture --seed {self.options.seed} --rounds {self.number} --kinds {','.join(self.options.kinds)}")
        print(f"everything is kept in {self.folder}")

    def close(self):
        """Gives the small file system back; what is on it stays, where it is to be kept."""
        for run in [run for world in self.worlds.values() for run in world.history]:
            run.end()
        if self.volume:
            kept = os.path.join(self.folder, "full", "repository")
            shutil.copytree(self.volume.folder, kept, symlinks=True)
            self.volume.unmount()


def main():
    sys.stdout.reconfigure(line_buffering=True)
    # So that whoever ends it finds nothing mounted.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = parse(sys.argv[1:])
    folder = tempfile.mkdtemp(prefix="snapstore-torture-")
    torture = Torture(options, folder)
    print(f"seed {options.seed}, kinds {','.join(options.kinds)}")
    try:
        for word in options.words:
            {"order": order.audit, "every": every.torture}[word](options.snapstore, folder)
        if not options.words:
            torture.run()
    except Lost as failure:
        torture.report(failure)
        return 1
    except Exception:
        torture.report("this harness itself")
        raise
    finally:
        torture.close()
    for line in torture.tally.lines() if not options.words else ():
        print(line)
    print("nothing lost")
    if options.keep:
        print(f"kept: {folder}")
    else:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
