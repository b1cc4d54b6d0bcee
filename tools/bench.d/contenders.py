"""The programs that are measured: how each is asked to do the same thing, as a user would type it.

Each keeps its repository and its cache in a home of its own; nothing of the caller's environment that is meant
for one of the programs reaches it. All encrypt; all compress at about zstd level 3.
"""

import os
import shutil
import subprocess

PASSWORD = "correct horse battery staple"  # of repositories that hold only test data


class Contender:
    """What the three have in common. A kind adds `name`, `settings` and `arguments`."""

    name = ""
    version_arguments = ["version"]

    def __init__(self, program, home):
        self.program = program
        self.home = home
        self.repository = os.path.join(home, "repository")
        self.cache = os.path.join(home, "cache")
        self.store = None
        self.taken = 0

    def reset(self, store=None):
        """Forget everything: no repository, no cache. The next repository is a local one, or in a FarStore."""
        shutil.rmtree(self.home, ignore_errors=True)
        os.makedirs(self.home)
        self.store = store
        self.repository = store.new_place(self.name) if store else os.path.join(self.home, "repository")
        self.taken = 0

    def environment(self):
        """The caller's environment without settings for any contender, and with this one's."""
        others = ("SNAPSTORE_", "RESTIC_", "BORG_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
        return {**kept, **(self.store.settings if self.store else {}), **self.settings()}

    def version(self):
        """As the program tells it, on one line."""
        told = subprocess.run([self.program, *self.version_arguments], env=self.environment(),
                              capture_output=True, text=True, check=True).stdout
        return told.splitlines()[0].split(" compiled")[0] if told else f"{self.name} (tells no version)"

    def command(self, step, live, out):
        """The command line of init, snapshot, check, check-data, or of a restore into the directory `out`.

        A restore is started in `out`. All put the tree `live` at `out` + `live`.
        """
        if step == "snapshot":
            self.taken += 1
        return [self.program, *self.arguments(live, out)[step]]


class Snapstore(Contender):
    name = "snapstore"

    def settings(self):
        return {"SNAPSTORE_REPOSITORY": self.repository, "SNAPSTORE_PASSWORD": PASSWORD,
                "SNAPSTORE_CACHE_DIR": self.cache}

    def arguments(self, live, out):
        return {"init": ["init", *(["--create-bucket"] if self.store else [])], "snapshot": ["snapshot", live], "restore": ["restore", "latest", "--target", out],
                "check": ["check"], "check-data": ["check", "--read-data"],
                "prune": ["forget", "--keep-last", "1", "--prune"]}


class Restic(Contender):
    name = "restic"

    def settings(self):
        return {"RESTIC_REPOSITORY": self.repository, "RESTIC_PASSWORD": PASSWORD, "RESTIC_CACHE_DIR": self.cache}

    def arguments(self, live, out):
        return {"init": ["init"], "snapshot": ["backup", live], "restore": ["restore", "latest", "--target", out],
                "check": ["check"], "check-data": ["check", "--read-data"],
                "prune": ["forget", "--keep-last", "1", "--prune"]}


class Borg(Contender):
    """Borg wants names for its archives, extracts into the current directory, and its plain check reads all data. It gives
    space back by a second command."""

    name = "borg"
    version_arguments = ["--version"]

    def settings(self):
        return {"BORG_REPO": self.repository, "BORG_PASSPHRASE": PASSWORD, "BORG_BASE_DIR": self.cache}

    def arguments(self, live, out):
        archive = f"::{self.taken}"
        return {"init": ["init", "--encryption", "repokey"], "restore": ["extract", archive],
                "snapshot": ["create", "--compression", "zstd,3", archive, live],
                "check": ["check"], "check-data": ["check", "--verify-data"], "prune": ["prune", "--keep-last", "1"]}

    def command(self, step, live, out):
        command = super().command(step, live, out)
        return ["sh", "-c", '"$@" && exec "$1" compact', "sh", *command] if step == "prune" else command


KINDS = {kind.name: kind for kind in (Snapstore, Restic, Borg)}
