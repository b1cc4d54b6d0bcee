"""The order of system calls of whole commands, by strace: nothing is said to be done that a power cut could take back.

The rules, from spec/storage.md, "Order of a local write", for every thread of the program:
  1. a file is synced after its last write and before it gets its name in the repository;
  2. the folder of a name that was given or removed is synced before the thread changes anything else, and before the end;
  3. the name of a new folder is synced before anything is put into it;
  4. what another thread changed is synced before any name but a pack's is given, and before any is removed: an index names
     durable packs only, a manifest rests on a durable index, and a pack goes only after a durable verdict;
  5. a key file is synced, its name too, before a key slot for it stands.
"""

import os
import re

from program import Lost, Run

CALLS = "fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,write,pwrite64,pwritev,ftruncate,openat"
LINE = re.compile(r"^(\d+) +(.*)$")
RESUMED = re.compile(r"^<\.\.\. \w+ resumed>(.*)$")
TWO_NAMES = re.compile(r'^(?:renameat2|linkat)\(\d+<(.*?)>, "(.*?)", \d+<(.*?)>, "(.*?)"')
ONE_NAME = re.compile(r'^(unlinkat|mkdirat)\(\d+<(.*?)>, "(.*?)"')
DESCRIPTOR = re.compile(r"^(fsync|fdatasync|write|pwrite64|pwritev|ftruncate)\(\d+<(.*?)>")
CREATED = re.compile(r'^openat\((?:AT_FDCWD<(.*?)>|\d+<(.*?)>), "(.*?)", [^,]*O_CREAT')
BY_PATH = re.compile(r'^(?:rename|renameat|link|unlink|mkdir)\(')


class Call:
    """A system call that went well: when it began and ended, in lines of the trace."""

    def __init__(self, thread, begun, ended, kind, path, source=""):
        self.thread, self.begun, self.ended = thread, begun, ended
        self.kind, self.path, self.source = kind, path, source

    @property
    def folder(self):
        """The folder of its name."""
        return os.path.dirname(self.path)


def read(log):
    """The calls of a trace that went well, in the order of their beginnings."""
    calls, open_calls = [], {}
    with open(log, encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file):
            thread, text = LINE.match(line).groups()
            begun = number
            if resumed := RESUMED.match(text):
                begun, start = open_calls.pop(thread)
                text = start + resumed[1]
            if text.endswith("<unfinished ...>"):
                open_calls[thread] = (number, text.removesuffix("<unfinished ...>"))
            elif not re.search(r"\) += -1 ", text) and (call := parse(thread, begun, number, text)):
                calls.append(call)
    return sorted(calls, key=lambda call: call.begun)


def parse(thread, begun, ended, text):
    """A call of the kinds that matter; None for others."""
    if found := TWO_NAMES.match(text):
        return Call(thread, begun, ended, "publish", f"{found[3]}/{found[4]}", f"{found[1]}/{found[2]}")
    if found := ONE_NAME.match(text):
        return Call(thread, begun, ended, "remove" if found[1] == "unlinkat" else "make", f"{found[2]}/{found[3]}")
    if found := DESCRIPTOR.match(text):
        return Call(thread, begun, ended, "sync" if found[1] in ("fsync", "fdatasync") else "write", found[2])
    if found := CREATED.match(text):
        return Call(thread, begun, ended, "create", os.path.join(found[1] or found[2], found[3]))
    if BY_PATH.match(text):
        return Call(thread, begun, ended, "by path", text)
    return None


def faults(calls, repository, key_file=None):
    """What breaks a rule, a line each."""
    changes = [call for call in calls if call.kind in ("publish", "remove", "make") and is_of(call.path, repository)
               and not is_of(call.path + "/", f"{repository}/tmp")]
    syncs = [call for call in calls if call.kind == "sync"]
    yield from (f"changes a repository in a way this audit does not know: {call.path}" for call in calls if call.kind == "by path" and repository in call.path)
    for change in changes:
        if change.kind == "publish":
            yield from faults_of_content(change, calls, syncs)
        if not is_synced_in_time(change, changes, syncs):
            yield f"{change.kind} {change.path}: its folder is not synced before what comes next"
    for change in changes:
        if change.kind == "make" or (change.kind == "publish" and is_of(change.path, f"{repository}/packs")):
            continue
        for other in changes:
            if other.ended < change.begun and not is_synced(other.folder, other.ended, change.begun, syncs):
                yield f"{change.kind} {change.path}: rests on {other.kind} {other.path}, which is not synced"
    if key_file:
        yield from faults_of_key_file(calls, changes, syncs, repository, key_file)


def faults_of_content(change, calls, syncs):
    """Rule 1."""
    writes = [call.ended for call in calls if call.kind == "write" and call.path == change.source and call.ended < change.begun]
    if not writes:
        yield f"{change.path}: published, and nothing was written"
    elif not is_synced(change.source, max(writes), change.begun, syncs):
        yield f"{change.path}: published before its content was synced"


def is_synced_in_time(change, changes, syncs):
    """Rules 2 and 3: before this thread's next change, if there is one."""
    later = [other.begun for other in changes if other.thread == change.thread and other.begun > change.ended]
    return is_synced(change.folder, change.ended, min(later, default=1 << 60), syncs)


def is_synced(path, after, before, syncs):
    """Whether a path was synced, from beginning to end, between two moments."""
    return any(sync.path == path and sync.begun > after and sync.ended < before for sync in syncs)


def faults_of_key_file(calls, changes, syncs, repository, key_file):
    """Rule 5."""
    slots = [change.begun for change in changes if change.kind == "publish" and is_of(change.path, f"{repository}/keys")]
    made = [call.ended for call in calls if call.kind in ("create", "write") and call.path == key_file]
    if not made or not slots:
        yield f"{key_file}: not made, or no slot for it"
        return
    for path in (key_file, os.path.dirname(key_file)):
        if not is_synced(path, max(made), min(slots), syncs):
            yield f"{path}: not synced before a key slot rests on it"


def is_of(path, folder):
    """Whether a path lies below a folder."""
    return path.startswith(folder + "/")


class Audit:
    """Runs verbs one after another in a repository of its own, each under strace."""

    def __init__(self, program, folder):
        self.program, self.folder = program, os.path.realpath(folder)
        self.repository, self.key = os.path.join(self.folder, "repository"), os.path.join(self.folder, "key")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("SNAPSTORE_")}
        self.environment |= {"SNAPSTORE_REPOSITORY": self.repository, "SNAPSTORE_CACHE_DIR": os.path.join(self.folder, "cache")}
        self.audited = self.syncs = 0

    def run(self, *arguments, key_file=None, use=None):
        """Runs a verb, holds its calls against the rules, and makes sure that no sync could be left out."""
        log = os.path.join(self.folder, "trace")
        prefix = ["strace", "-f", "-qq", "-y", "-s", "4096", "-e", f"trace={CALLS}", "-o", log]
        more = {} if arguments[0] == "init" else {"SNAPSTORE_KEY_FILE": use or self.key}
        run = Run(self.program, list(arguments), self.environment | more, prefix).start().wait()
        if run.code != 0:
            raise Lost(f"{run.describe()}")
        calls = read(log)
        found = list(faults(calls, self.repository, key_file))
        if found:
            raise Lost(f"snapstore {' '.join(arguments)}: a power cut could undo what was acknowledged:\n  " + "\n  ".join(found))
        needed = self.doubt(calls, key_file, arguments)
        self.audited += 1
        print(f"{run.verb:<12} {sum(call.kind in ('publish', 'remove') for call in calls):>3} names given or removed,"
              f" {needed} places synced in time")
        return run

    def doubt(self, calls, key_file, arguments):
        """The audit notices when the syncs of any one file or folder are left out, or it proves nothing."""
        synced = {call.path for call in calls if call.kind == "sync"}
        # Others may be synced for good measure: a folder that stood before may be another's, made and not yet durable.
        needed = {call.folder for call in calls if call.kind in ("make", "publish", "remove")}
        needed |= {call.source for call in calls if call.kind == "publish"}
        needed |= {key_file, os.path.dirname(key_file)} if key_file else set()
        for place in synced & needed:
            rest = [call for call in calls if call.kind != "sync" or call.path != place]
            if not any(faults(rest, self.repository, key_file)):
                raise Lost(f"snapstore {' '.join(arguments)}: without the syncs of {place} nothing is noticed")
            self.syncs += 1
        return len(synced & needed)


def audit(program, folder):
    """Every verb that changes a repository."""
    audit_ = Audit(program, folder)
    source = os.path.join(audit_.folder, "source")
    os.mkdir(source)
    audit_.run("init", "--new-key-file", audit_.key, key_file=audit_.key)
    ids = []
    for i in range(4):
        with open(os.path.join(source, f"file-{i}"), "wb") as file:
            file.write(os.urandom(300_000))
        if i == 3:
            os.unlink(os.path.join(source, "file-0"))
        ids.append(audit_.run("snapshot", source, "--force").objects("summary")[-1]["id"])
    audit_.run("tag", ids[0], "--add", "x")
    audit_.run("hold", ids[1])
    audit_.run("release", ids[1])
    second, third = os.path.join(audit_.folder, "key-2"), os.path.join(audit_.folder, "key-3")
    audit_.run("key", "add", "--new-key-file", second, key_file=second)
    audit_.run("key", "passwd", "--new-key-file", third, use=second, key_file=third)
    slot = [told["id"] for told in audit_.run("key", "list").objects("key") if not told["current"]][0]
    audit_.run("key", "remove", slot)
    audit_.run("forget", ids[0], ids[1])
    audit_.run("undelete", ids[1])
    audit_.run("forget", "--keep-last", "1", "--group-by", "")
    audit_.run("prune", "--max-unused", "0")
    audit_.run("snapshot", source, "--force")
    audit_.run("forget", "--keep-last", "1", "--group-by", "", "--prune", "--max-unused", "0")
    print(f"{audit_.audited} commands, {audit_.syncs} places whose syncs are all needed")
