"""Every single call of every verb that changes a repository fails once with each error, and kills it once."""

import collections
import os
import shutil
import signal

import leftovers
import tracing
import trees
from program import Lost, Run

WRITING = ("fsync", "pwrite64", "renameat2", "mkdirat", "unlinkat")
READING = ("openat", "pread64", "getdents64", "statx")
# Verbs may end so where something they read failed: never with damage, a wrong key or no repository.
ALLOWED = {0, 1, -signal.SIGKILL}


class Every:
    """A repository as all runs find it, and how a verb is run in a copy of it."""

    def __init__(self, program, folder):
        self.program, self.folder = program, os.path.realpath(folder)
        self.source = os.path.join(self.folder, "source")
        self.template = os.path.join(self.folder, "template")
        self.place = os.path.join(self.folder, "place")
        self.log = os.path.join(self.folder, "trace")
        self.fired = collections.Counter()
        self.ids = []
        self.contents = {}
        self._prepare()

    def _prepare(self):
        os.mkdir(self.source)
        os.mkdir(self.place)
        self.good("init", "--new-key-file", self.key, key=None)
        for i in range(5):
            with open(os.path.join(self.source, f"file-{i % 3}"), "wb") as file:
                file.write(os.urandom(150_000))
            run = self.good("snapshot", self.source, "--host", "a", "--force")
            self.ids.append(run.objects("summary")[-1]["id"])
            self.contents[self.ids[-1]] = trees.look(self.source)
        self.good("forget", *self.ids[:2])
        self.good("key", "add", "--new-key-file", os.path.join(self.place, "spare"))
        os.rename(self.place, self.template)
        with open(os.path.join(self.source, "new"), "wb") as file:
            file.write(os.urandom(200_000))
        self.now = trees.look(self.source)

    @property
    def key(self):
        """What opens it, whatever becomes of the spare key."""
        return os.path.join(self.place, "key")

    @property
    def repository(self):
        """Where verbs work."""
        return os.path.join(self.place, "repository")

    def verbs(self):
        """Each verb, and the key that opens the repository for it."""
        spare, made = os.path.join(self.place, "spare"), os.path.join(self.place, "made")
        return [(("key", "passwd", "--new-key-file", made), spare), (("key", "add", "--new-key-file", made), self.key),
                (("tag", self.ids[4], "--add", "x"), self.key), (("hold", self.ids[3]), self.key), (("forget", self.ids[2]), self.key),
                (("undelete", self.ids[1]), self.key), (("snapshot", self.source, "--host", "a"), self.key),
                (("prune", "--max-unused", "0"), self.key), (("forget", "--keep-last", "1", "--prune", "--max-unused", "0"), self.key)]

    def run(self, arguments, key, prefix=()):
        """Runs to the end."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SNAPSTORE_")}
        kept |= {"SNAPSTORE_REPOSITORY": self.repository, "SNAPSTORE_CACHE_DIR": os.path.join(self.folder, "cache")}
        return Run(self.program, list(arguments), kept | ({"SNAPSTORE_KEY_FILE": key} if key else {}), prefix).start().wait()

    def good(self, *arguments, key=""):
        """Runs what must go through."""
        run = self.run(arguments, self.key if key == "" else key)
        if run.code != 0:
            raise Lost(f"must go through, and did not:\n{run.describe()}")
        return run

    def renew(self):
        """Puts the repository back to what it was."""
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.copytree(self.template, self.place)

    def torture(self, arguments, key):
        """All faults of one verb."""
        self.renew()
        counted = self.run(arguments, key, tracing.counting(self.log))
        if counted.code != 0:
            raise Lost(counted.describe())
        faults = sorted({(call, number) for call, concerns in tracing.count(self.log, self.repository) if call in WRITING + READING
                         for number, concerned in enumerate(concerns, 1) if concerned})
        before = sum(self.fired.values())
        for call, number in faults:
            for what in ("KILL", *tracing.ERRORS) if call in WRITING else ("EIO",):
                self.one(arguments, key, tracing.Fault(call, what, number))
        print(f"{' '.join(arguments[:2]) if arguments[0] == 'key' else arguments[0]:<12} {sum(self.fired.values()) - before} faults")

    def one(self, arguments, key, fault):
        """One fault, and what must hold after it."""
        self.renew()
        run = self.run(arguments, key, tracing.injecting(self.log, fault))
        came = tracing.fired(self.log, fault, self.repository)
        self.fired[f"{fault.call} {fault.what}"] += came != "no"
        try:
            if came != "elsewhere":
                run.judge_words()
                if run.code not in ALLOWED:
                    raise Lost(f"exit code {run.code}")
            self.examine(run, arguments, key)
        except Lost as failure:
            raise Lost(f"{fault.call} {fault.what} number {fault.number}: {failure}\n{run.describe()}") from None

    def examine(self, run, arguments, key):
        """Nothing is lost, and the verb goes through when it is run again."""
        listed = {told["id"]: told for told in self.good("list").objects("snapshot")}
        forgets = arguments[0] == "forget"
        due = set(self.ids[2:]) if not forgets else {self.ids[4]}
        if run.code == 0 and arguments[0] in ("snapshot", "undelete"):
            due.add(next(told["id"] for told in run.objects() if "id" in told))
        if missing := due - set(listed):
            raise Lost(f"not listed: {missing}")
        if len(set(listed) - set(self.ids)) > (arguments[0] in ("snapshot", "undelete")):
            raise Lost(f"listed, and made by nobody: {set(listed) - set(self.ids)}")
        if strange := leftovers.strangers(self.repository):
            raise Lost(f"no object: {strange}")
        # 3: the fault came upon the source, and a warning says what is not in the snapshot.
        for new in set(listed) - set(self.ids) if run.code != 3 else ():
            self.compare(new, self.now if arguments[0] == "snapshot" else self.contents[self.ids[1]])
        self.again(run, arguments, key)

    def compare(self, snapshot, expected):
        """A snapshot is what its source was."""
        target = os.path.join(self.folder, "out")
        self.good("restore", f"{snapshot}:{self.source}", "--target", target)
        wrong = list(trees.differences(expected, trees.look(target)))
        shutil.rmtree(target)
        if wrong:
            raise Lost(f"snapshot {snapshot} is not what was taken: {wrong[:5]}")

    def again(self, run, arguments, key):
        """The same once more, where that can be."""
        if arguments[0] == "key":
            made = arguments[-1]
            ways = [path for path in (key, made) if os.path.exists(path) and self.run(("list",), path).code == 0]
            if arguments[1] == "passwd" and not ways:
                raise Lost("neither the old nor the new key opens")
            if run.code == 0 and made not in ways:
                raise Lost("the new key was acknowledged and does not open")
        elif arguments[0] == "undelete" or (arguments[0] == "forget" and arguments[1] in self.ids):
            return
        else:
            self.good(*arguments)
        self.good("prune", "--max-unused", "0", "--fence-after", "0s")
        self.good("check", "--read-data")


def torture(program, folder):
    """All verbs."""
    every = Every(program, folder)
    for arguments, key in every.verbs():
        every.torture(arguments, key)
    print(", ".join(f"{what} {times}" for what, times in sorted(every.fired.items())))
    print(f"{sum(every.fired.values())} faults came")
