"""The commands that a round runs beside one another, and what the end of each promises."""

import os

from program import Lost
from world import HOSTS

HELD_MAX = 3
KEEP_MIN = 3


class Actor:
    """A command: what to run, and the exit codes that it may have where no fault hit it."""

    def __init__(self, arguments, codes=(0,), key=""):
        self.arguments = arguments
        self.codes = set(codes)
        self.key = key
        self.run = None
        self.delay = 0.0
        self.fault = None       # tracing.Fault
        self.fired = "no"
        self.is_hit = False     # a fault was meant for it

    def settle(self, world, expect):
        """Writes down what its end promises."""

    def __str__(self):
        return " ".join(self.arguments)


class Writer(Actor):
    """Takes a snapshot of one source."""

    def __init__(self, world, host, rng):
        tags = ["--tag", rng.choice("xyz")] if rng.random() < 0.2 else []
        more = rng.choice([[], [], [], ["--force"], ["--checksum"]])
        super().__init__(["snapshot", world.source(host), "--host", host, *tags, *more])
        self.host = host

    def settle(self, world, expect):
        summaries = self.run.objects("summary")
        if self.run.code in (0, 3):
            told = summaries[-1]
            expect.acknowledged[told["id"]] = self.host
            # The fault came upon the source: a warning says what is not in the snapshot, so nobody knows what is.
            if self.run.code == 3:
                world.contents[told["host"], told["time"]] = None
        else:
            expect.may_appear += 1


class Forget(Actor):
    """Forgets by policy or by name, mostly pruning as well."""

    def __init__(self, world, expect, rng):
        self.keep_last = rng.randint(KEEP_MIN, 7)
        self.named = []
        candidates = sorted(set(world.known) - expect.kept_by(KEEP_MIN), key=lambda i: world.known[i].time)
        if rng.random() < 0.25 and len(candidates) > 2:
            self.named = rng.sample(candidates, rng.randint(1, 2))
        policy = self.named or ["--keep-last", str(self.keep_last), "--group-by", "host"]
        more = ["--prune", *prune_options(rng)] if rng.random() < 0.7 else []
        # 2: one that is named is held by now, or was forgotten.
        super().__init__(["forget", *policy, *more], (0, 2) if self.named else (0,))

    def settle(self, world, expect):
        decided = {told["id"] for told in self.run.objects("decision") if not told["keep"]}
        kept = expect.kept_by(self.keep_last)
        if not self.named and decided & kept:
            raise Lost(f"forget --keep-last {self.keep_last} decided to forget {sorted(decided & kept)}, which it must keep")
        if self.run.code == 0:
            expect.forgotten |= decided
        elif self.named:
            expect.doubtful |= set(self.named)
        else:
            expect.doubtful |= set(expect.before) - kept | set(decided)


class Prune(Actor):
    """Gives back space."""

    def __init__(self, rng):
        super().__init__(["prune", *prune_options(rng)])


class Undelete(Actor):
    """Brings one back that was forgotten."""

    def __init__(self, world, rng):
        # 2: swept entirely, 4: swept in part.
        super().__init__(["undelete", rng.choice(world.forgotten[-6:])], (0, 2, 4))

    def settle(self, world, expect):
        if self.run.code == 0:
            told = self.run.objects("snapshot")[-1]
            expect.acknowledged[told["id"]] = told["host"]
        elif self.run.code not in (2, 4):
            expect.may_appear += 1


class Label(Actor):
    """hold, release or tag."""

    def __init__(self, world, expect, rng):
        held = [i for i, known in world.known.items() if known.held is not False]
        verb = rng.choice(["hold", "release", "tag"])
        if verb == "hold" and len(held) >= HELD_MAX:
            verb = "release"
        self.target = rng.choice(sorted(held if verb == "release" and held else world.known))
        self.tag = f"t{rng.randint(0, 9)}"
        if verb == "release":
            expect.released.add(self.target)
        # 2: forgotten meanwhile.
        super().__init__([verb, self.target, *(["--add", self.tag] if verb == "tag" else [])], (0, 2))

    def settle(self, world, expect):
        if self.run.code == 0:
            expect.labels.append((self.target, self.arguments[0], self.tag))
        elif self.run.code != 2:
            expect.open_labels.add(self.target)


class Key(Actor):
    """Adds, replaces or removes a key file beside the first one."""

    def __init__(self, world, rng):
        world.keys_made += 1
        self.new = os.path.join(world.folder, f"key-{world.keys_made}")
        if world.spare is None:
            super().__init__(["key", "add", "--new-key-file", self.new])
        else:
            super().__init__(["key", "passwd", "--new-key-file", self.new], key=world.spare)

    def settle(self, world, expect):
        expect.keys = True
        old = world.spare
        world.spare = None
        if self.run.code == 0:
            if old and opens(world, old):
                raise Lost(f"{self}: was acknowledged, but the old key opens still")
            if not opens(world, self.new):
                raise Lost(f"{self}: was acknowledged, but the new key does not open")
            world.spare = self.new
        elif opens(world, self.new):
            world.spare = self.new
        elif old and not opens(world, old):
            raise Lost(f"{self}: ended with {self.run.code}, and neither the old nor the new key opens")
        else:
            world.spare = old


class Reader(Actor):
    """Restores what no command of this round may forget, or looks at everything."""

    def __init__(self, world, expect, rng, number):
        safe = sorted(i for i in expect.kept_by(KEEP_MIN) if world.contents[world.known[i].host, world.known[i].time])
        verb = rng.choice(["restore", "check", "list", "stats"]) if safe else "list"
        self.target = os.path.join(world.folder, f"read-{number}")
        self.snapshot = rng.choice(safe) if verb == "restore" else None
        host = world.known[self.snapshot].host if self.snapshot else ""
        super().__init__(["restore", f"{self.snapshot}:{world.source(host)}", "--target", self.target] if self.snapshot else [verb])


def opens(world, key):
    """Whether a key file is there and opens the repository."""
    return os.path.exists(key) and world.must("list", key=key, codes=(0, 12, 2)).code == 0


def prune_options(rng):
    """Options of a prune that bring about as much as can be."""
    return [*(["--max-unused", "0"] if rng.random() < 0.7 else []), *(["--fence-after", "0s"] if rng.random() < 0.4 else []),
            *(["--wait", "1s"] if rng.random() < 0.3 else [])]


def choose(world, expect, rng, number):
    """The commands of a round, the ones that matter most first."""
    actors = [Writer(world, host, rng) for host in HOSTS]
    actors.append(Forget(world, expect, rng) if rng.random() < 0.6 else Prune(rng))
    if rng.random() < 0.3:
        actors.append(Prune(rng))
    if world.forgotten and rng.random() < 0.3:
        actors.append(Undelete(world, rng))
    for chance, make in ((0.4, lambda: Label(world, expect, rng)), (0.2, lambda: Label(world, expect, rng)), (0.15, lambda: Key(world, rng)),
                         (0.3, lambda: Reader(world, expect, rng, number))):
        if world.known and rng.random() < chance:
            actors.append(make())
    for actor in actors:
        actor.delay = rng.choice([0, 0, rng.uniform(0, 0.3)])
    return actors
