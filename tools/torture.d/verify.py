"""What must hold after each round, with no fault at work."""

import concurrent.futures
import os
import shutil
import time

import leftovers
import trees
from actors import Reader
from program import Lost
from world import HOSTS, Known

TMP_AGE = 8 * 24 * 3600


def after(world, cast, expect, rng, number, tally):
    """All checks of a round. What only looks comes first, so that a failure leaves the repository as it was found."""
    listed = world.listed()
    new = reconcile(world, expect, listed)
    if strange := leftovers.strangers(world.repository):
        raise Lost(f"visible in the repository, and no object: {strange}")
    compare_labels(world, expect, listed)
    compare_reads(world, cast)
    old = rng.sample(sorted(set(world.known) - new), min(1, len(set(world.known) - new)))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(check, world, number)]
        waiting += [pool.submit(compare_restored, world, i, listed[i], tally) for i in [*sorted(new), *old]]
        for one in waiting:
            one.result()
    if expect.keys:
        remove_strange_keys(world)
    go_on(world, rng, number, tally)


def reconcile(world, expect, listed):
    """Holds the list against what was promised; returns the new ids."""
    due = (set(expect.before) | set(expect.acknowledged)) - expect.forgotten - expect.doubtful
    if missing := due - set(listed):
        raise Lost(f"acknowledged, not forgotten, and not listed: {sorted(missing)}")
    if risen := expect.forgotten & set(listed):
        raise Lost(f"forgotten, and listed: {sorted(risen)}")
    new = set(listed) - set(expect.before)
    if len(new - set(expect.acknowledged)) > expect.may_appear:
        raise Lost(f"listed, and made by nobody: {sorted(new - set(expect.acknowledged))}")
    world.forgotten += sorted((set(expect.before) | set(expect.acknowledged)) - set(listed))
    world.known = {i: world.known.get(i) or Known(told["host"], told["time"], told["held"], frozenset(told["tags"]))
                   for i, told in listed.items()}
    return new


def compare_labels(world, expect, listed):
    """Every label that was acknowledged is there, also where two were given at once."""
    for snapshot, told in listed.items():
        known = world.known[snapshot]
        held, tags = {known.held}, known.tags or frozenset()
        for target, change, tag in expect.labels:
            if target == snapshot and change == "tag":
                tags |= {tag}
            elif target == snapshot:
                # Of `hold` and `release` at once, either may be the last.
                held = {change == "hold"} | (held if len(held) > 1 or known.held in held and _both(expect, snapshot) else set())
        if snapshot in expect.open_labels:
            held = {True, False}
        if None not in held and told["held"] not in held:
            raise Lost(f"snapshot {snapshot} is {'held' if told['held'] else 'not held'}, but was told otherwise")
        if known.tags is not None and not tags <= set(told["tags"]):
            raise Lost(f"snapshot {snapshot} has tags {told['tags']}, but was given {sorted(tags)}")
        known.held, known.tags = told["held"], frozenset(told["tags"])


def _both(expect, snapshot):
    return {"hold", "release"} <= {change for target, change, _ in expect.labels if target == snapshot}


def compare_reads(world, cast):
    """What was restored while others wrote and pruned is right, too."""
    for actor in cast:
        if isinstance(actor, Reader) and actor.snapshot and actor.run.code == 0:
            expect = world.contents[world.known[actor.snapshot].host, world.known[actor.snapshot].time]
            _compare(expect, actor.target, f"{actor.snapshot}, restored beside writers")
        if isinstance(actor, Reader):
            _remove(actor.target)


def check(world, number):
    """Nothing is damaged."""
    run = world.must("check", *(["--read-data"] if number % 5 == 0 else []))
    if bad := [told for told in run.objects("finding") if told["kind"] != "note"]:
        raise Lost(f"check found {bad}")


def compare_restored(world, snapshot, told, tally):
    """A snapshot is what its source was."""
    target = os.path.join(world.folder, f"out-{snapshot}")
    if world.content_of(told) is None:
        return
    world.must("restore", f"{snapshot}:{world.source(told['host'])}", "--target", target)
    _compare(world.content_of(told), target, f"{snapshot} of {told['host']}")
    tally.restored += 1


def _compare(expected, target, what):
    wrong = list(trees.differences(expected, trees.look(target)))
    if wrong:
        raise Lost(f"snapshot {what} is not what was taken:\n  " + "\n  ".join(wrong[:20]))
    _remove(target)


def _remove(target):
    shutil.rmtree(target, ignore_errors=True)


def remove_strange_keys(world):
    """Slots of keys that nobody has; what stands of a `key passwd` that did not end goes the same way."""
    wanted = {_current(world, key) for key in (world.key, world.spare) if key}
    for told in world.must("key", "list").objects("key"):
        if told["id"] not in wanted:
            world.must("key", "remove", told["id"])


def _current(world, key):
    return next(told["id"] for told in world.must("key", "list", key=key).objects("key") if told["current"])


def go_on(world, rng, number, tally):
    """What comes after a fault succeeds: a snapshot, a prune; all garbage can go, and dead writers' temporaries do."""
    if rng.random() < 0.5:
        host = rng.choice(HOSTS)
        run = world.must("snapshot", world.source(host), "--host", host)
        told = run.objects("summary")[-1]
        world.known[told["id"]] = Known(told["host"], told["time"])
        world.content_of(told)
        world.learn(run)
        tally.snapshots += 1
    if rng.random() < 0.5:
        run = world.must("prune", "--max-unused", "0", "--fence-after", "0s")
        tally.count_pruned(run)
        world.learn(run)
        if left := os.listdir(os.path.join(world.repository, "sessions")):
            raise Lost(f"nobody is at work, a prune has run, and sessions stay registered: {left}")
    if number % 10 == 9:
        nothing_is_left(world, tally)


def nothing_is_left(world, tally):
    """Two prunes leave nothing that nobody needs; a week later temporaries of dead writers are gone."""
    for _ in range(2):
        tally.count_pruned(world.must("prune", "--max-unused", "0", "--fence-after", "0s"))
    plan = world.must("prune", "--max-unused", "0", "--dry-run").objects("summary")[-1]
    if plan["delete_packs"] or plan["repack_packs"]:
        raise Lost(f"garbage stays after two prunes: {plan}")
    folder = os.path.join(world.repository, "tmp")
    past = time.time() - TMP_AGE
    for name in os.listdir(folder):
        os.utime(os.path.join(folder, name), (past, past))
    world.must("prune")
    if left := os.listdir(folder):
        raise Lost(f"temporaries older than a week stay: {left}")
