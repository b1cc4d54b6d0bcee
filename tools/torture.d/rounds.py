"""One round: commands beside one another, a fault, and what each command's end is allowed to be."""

import os
import random
import signal
import threading
import time

import actors
import leftovers
import tracing
import verify
from program import DOCUMENTED, Lost
from world import Expectation


def run(world, kind, seed, number, tally):
    """Runs a round with a fault of this kind, and checks the repository after it."""
    rng = random.Random(f"{seed}/{number}")
    world.history.clear()
    world.change(rng, number)
    expect = Expectation(world)
    cast = actors.choose(world, expect, rng, number)
    before = leftovers.look(world.repository)
    {"kill": kill_some, "inject": inject_one, "full": fill, "none": count_calls}[kind](world, cast, rng)
    for actor in cast:
        judge(world, actor, kind)
        actor.settle(world, expect)
    tally.count(kind, cast, leftovers.classify(world.repository, before, expect.acknowledged))
    verify.after(world, cast, expect, rng, number, tally)


def start(world, actor, prefix=()):
    """Starts a command of the cast."""
    actor.run = world.run(*actor.arguments, prefix=prefix, key=actor.key)
    actor.run.start()


def run_all(world, cast, prefixes=()):
    """Starts all, each after its delay, and waits for their ends."""
    begun = time.monotonic()
    for actor in sorted(cast, key=lambda a: a.delay):
        time.sleep(max(0, begun + actor.delay - time.monotonic()))
        start(world, actor, dict(prefixes).get(actor, ()))
    for actor in cast:
        actor.run.wait()


def kill_some(world, cast, rng):
    """kill -9 of one or of all, at any time of their usual run."""
    victims = cast if rng.random() < 0.3 else [rng.choice(cast)]
    moment = rng.random() * 1.2
    timers = []
    for actor in victims:
        actor.is_hit = True
        after = actor.delay + moment * world.usual.get(actor.arguments[0], 0.4)
        timers.append(threading.Timer(after, lambda actor=actor: actor.run and actor.run.kill()))
    for timer in timers:
        timer.start()
    run_all(world, cast)
    for timer in timers:
        timer.cancel()


def inject_one(world, cast, rng):
    """One system call of one command fails, or kills it."""
    able = [actor for actor in cast if _verb(actor) in world.calls]
    victim = rng.choice(able) if able else cast[0]
    log = _log(world, victim)
    victim.fault = tracing.choose(rng, world.calls.get(_verb(victim), []))
    if victim.fault is None:
        count_calls(world, cast, rng)
        return
    victim.is_hit = True
    run_all(world, cast, [(victim, tracing.injecting(log, victim.fault))])
    victim.fired = tracing.fired(log, victim.fault, world.repository)


def fill(world, cast, rng):
    """The file system gets full, of bytes or of names, before they begin or while they are at it."""
    volume = world.volume
    if rng.random() < 0.7:
        free = rng.choice([0, 4096, rng.randint(0, 200_000), rng.randint(0, 3_000_000)])
        fault = lambda: volume.fill(free)  # noqa: E731
    else:
        inodes = rng.randint(0, 14)
        fault = lambda: volume.limit_inodes(inodes)  # noqa: E731
    for actor in cast:
        actor.is_hit = True
    timer = threading.Timer(rng.choice([0, 0.15, rng.uniform(0, 0.6)]), fault)
    timer.start()
    run_all(world, cast)
    timer.cancel()
    timer.join()
    volume.empty()


def count_calls(world, cast, rng):
    """No fault: which calls does each command make?"""
    prefixes = [(actor, tracing.counting(_log(world, actor))) for actor in cast]
    run_all(world, cast, prefixes)
    for actor in cast:
        if actor.run.code in actor.codes:
            world.learn_calls(actor.run, _log(world, actor))


def judge(world, actor, kind):
    """Whether it may have ended so."""
    run = actor.run
    was_elsewhere = actor.fired == "elsewhere"
    if not was_elsewhere:
        run.judge_words()
    allowed = set(actor.codes)
    if actor.is_hit:
        allowed |= {1, -signal.SIGKILL} if kind != "full" else {1}
    elif _lost_a_race(actor, run):
        allowed.add(1)
    if was_elsewhere:
        allowed.add(3)
    # What .NET does when its own files fail is its own business, as long as it does not say that all is well.
    if run.code not in allowed and not was_elsewhere:
        raise Lost(f"exit code {run.code} of '{actor}', not in {sorted(allowed)}")
    if run.code not in DOCUMENTED | {-signal.SIGKILL} and not was_elsewhere:
        raise Lost(f"exit code {run.code} of '{actor}' is not documented")
    if kind == "full" and run.code == 1 and "full" not in run.message() and not _lost_a_race(actor, run):
        raise Lost(f"'{actor}' failed on a full disk and does not say so: {run.message()}")
    if kind in ("kill", "full") and not actor.is_hit and run.code == 0:
        world.learn(run)


def _lost_a_race(actor, run):
    """Told by the program, and documented: a session fenced too often, a prune that others overtook."""
    return run.code == 1 and ("took session" in run.message() or "other prunes were faster" in run.message())


def _verb(actor):
    return " ".join(actor.arguments[:2]) if actor.arguments[0] == "key" else actor.arguments[0]


def _log(world, actor):
    return os.path.join(world.folder, f"strace-{id(actor)}")
