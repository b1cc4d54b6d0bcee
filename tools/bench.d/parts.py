"""Measure one part: all programs through all steps on one corpus, side by side."""

import os
import shutil
import subprocess
import sys

import corpora
import measure

STEPS = ["first", "unchanged", "changed", "restore", "check", "check-data"]
CHEAP_STEPS = {"unchanged": 3, "check": 3}  # times each is run, for a median: short runs scatter most


def run_part(name, steps, contenders, options):
    """Return {program: {step: figures}}; figures are a Cost's fields, repository_mib, or `failed` with the reason."""
    part = Part(name, contenders, options)
    for number in range(options.runs):
        part.round(steps, number)
    return part.figures()


class Part:
    """The runs on one corpus and their costs so far."""

    def __init__(self, name, contenders, options):
        self.name, self.options = name, options
        self.all = contenders
        self.costs = {contender.name: {} for contender in contenders}
        self.extra = {contender.name: {} for contender in contenders}
        self.failed = {}
        self.out = os.path.join(options.work, "restored")
        self.log = os.path.join(options.work, "logs", f"{name}-%s.log")
        os.makedirs(os.path.dirname(self.log), exist_ok=True)
        self.live = None

    def round(self, steps, number):
        """All steps once (the cheap ones several times), from new repositories on."""
        self.live = corpora.put_live(self.options.work, self.name, self.options.scale, "state1")
        for contender in self.able():
            contender.reset()
            self.attempt(contender, "init", "init")
        for step in steps:
            if step == "changed":
                self.live = corpora.put_live(self.options.work, self.name, self.options.scale, "state2")
            repeats = 1 if self.options.once else CHEAP_STEPS.get(step, 1)
            for repeat in range(repeats):
                able = self.able()
                # Another one goes first each time, so that none always runs on what the others left behind.
                shift = (number + repeat) % max(1, len(able))
                for contender in able[shift:] + able[:shift]:
                    self.step(contender, step)

    def able(self):
        """Those that have not failed: after a failure later steps would measure nothing of use."""
        return [contender for contender in self.all if contender.name not in self.failed]

    def step(self, contender, step):
        """One timed run, then what is looked at outside the timing."""
        tell(f"  {self.name} {step}: {contender.name} ...")
        if step == "restore":
            shutil.rmtree(self.out, ignore_errors=True)
            os.makedirs(self.out)
        does = "snapshot" if step in ("first", "unchanged", "changed") else step
        cost = self.attempt(contender, step, does)
        tell("")
        if cost is None:
            return
        self.costs[contender.name].setdefault(step, []).append(cost)
        extra = self.extra[contender.name].setdefault(step, {})
        if does == "snapshot":
            extra["repository_mib"] = measure.size_mib(contender.repository)
        if step == "restore":
            extra["restored_allocated_mib"] = allocated_mib(self.out)
            extra["source_allocated_mib"] = allocated_mib(self.live)
            self.verify(contender)
            shutil.rmtree(self.out)

    def attempt(self, contender, step, does):
        """Run a command; a failure is noted and ends this program's part."""
        command = contender.command(does, self.live, self.out)
        measure.settle(self.options.cold)
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
