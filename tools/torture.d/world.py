"""One repository that lives through all its rounds, its sources, and what must be in it."""

import dataclasses
import os
import random

import tracing
import trees
from program import Lost, Run

HOSTS = ("a", "b")


@dataclasses.dataclass
class Known:
    """A snapshot that is there. Where a command that was to change its label failed, nobody knows: None."""

    host: str
    time: str
    held: bool | None = False
    tags: frozenset | None = frozenset()


class Expectation:
    """What a round's commands have promised, and left open."""

    def __init__(self, world):
        self.before = dict(world.known)
        self.acknowledged = {}   # id -> host
        self.forgotten = set()   # must not be listed
        self.doubtful = set()    # may be listed or not
        self.may_appear = 0      # commands that ended badly and may have made a snapshot all the same
        self.labels = []         # (id, change): of commands that ended well
        self.open_labels = set()  # ids whose label a command left open
        self.released = set()    # ids that a command of this round releases
        self.keys = False        # keys were touched

    def kept_by(self, keep_last):
        """Those that `forget --keep-last N` may not forget in this round: the held ones and the newest of each host, but for
        two, whose places a new one and one that was undeleted may take."""
        kept = {known_id for known_id, known in self.before.items() if known.held} - self.released
        for host in HOSTS:
            newest = sorted((i for i, known in self.before.items() if known.host == host), key=lambda i: self.before[i].time)
            kept |= set(newest[-(keep_last - 2):])
        return kept


class World:
    """The repository, its sources and the model of both."""

    def __init__(self, program, folder, seed, repository=None):
        self.program = program
        self.folder = folder
        self.repository = repository or os.path.join(folder, "repository")
        self.key = os.path.join(folder, "key")
        self.spare = None        # another key file that opens it
        self.keys_made = 0
        self.known = {}          # id -> Known
        self.contents = {}       # (host, time) -> what the source held
        self.seen = {}           # host -> what the source holds now
        self.forgotten = []      # ids that undelete may be asked for
        self.usual = {}          # verb -> seconds
        self.calls = {}          # verb -> what tracing.count tells of a usual run
        self.history = []        # runs of this round
        self._make(random.Random(f"{seed}/trees"))

    def source(self, host):
        """The tree of a host."""
        return os.path.join(self.folder, f"source-{host}")

    def _make(self, rng):
        os.makedirs(self.folder, exist_ok=True)
        self.pool = trees.Pool(rng)
        for host in HOSTS:
            trees.make(self.source(host), rng, self.pool)
            self.seen[host] = trees.look(self.source(host))
        self.must("init", "--new-key-file", self.key, key=None)

    def change(self, rng, number):
        """Changes the sources."""
        for host in HOSTS:
            trees.change(self.source(host), rng, self.pool, number)
            self.seen[host] = trees.look(self.source(host))

    def environment(self, key):
        """Nothing of the caller's that is meant for the program."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SNAPSTORE_")}
        return {**kept, "SNAPSTORE_REPOSITORY": self.repository, "SNAPSTORE_CACHE_DIR": os.path.join(self.folder, "cache"),
                **({"SNAPSTORE_KEY_FILE": key} if key else {})}

    def run(self, *arguments, key="", prefix=()):
        """A run, not yet started."""
        run = Run(self.program, list(arguments), self.environment(self.key if key == "" else key), prefix)
        self.history.append(run)
        return run

    def must(self, *arguments, codes=(0,), key=""):
        """Runs to its end, which must be one of these."""
        run = self.run(*arguments, key=key).start().wait()
        if run.code not in codes:
            raise Lost(f"exit code {run.code} of: {' '.join(arguments)}: {run.message()}")
        run.judge_words()
        return run

    def learn(self, run):
        """Remembers how long this verb takes when nothing goes wrong."""
        before = self.usual.get(run.verb, run.seconds)
        self.usual[run.verb] = 0.8 * before + 0.2 * run.seconds

    def learn_calls(self, run, log):
        """Remembers which calls this verb makes."""
        self.calls[run.verb] = tracing.count(log, self.repository)

    def content_of(self, told):
        """What the source of a listed snapshot held when it was taken."""
        return self.contents.setdefault((told["host"], told["time"]), self.seen[told["host"]])

    def listed(self):
        """The snapshots that `list` shows: id -> what it tells."""
        return {told["id"]: told for told in self.must("list").objects("snapshot")}
