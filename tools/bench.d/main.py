"""tools/bench: Snapstore, restic and borg side by side. spec/bench.md tells the method."""

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys

import contenders
import corpora
import databases
import database_servers
import far_file
import far_store
import many_blobs
import parts
import report

TOOLS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BOUNDED_STEPS = ["first", "unchanged", "restore"]
USAGE = """tools/bench [engine] [PART...] [STEP...]      compare on PARTs (default: source small large)
       tools/bench bounded [files|directory|sparse|blobs]...   show the memory bound of Snapstore
       tools/bench s3 [PART...] [STEP...]   compare with restic on an S3 store that is 20 ms away
       tools/bench s3 one-file          what a bare machine fetches to restore one file of 1 GiB and of 100 GiB
       tools/bench databases [postgres|mariadb|sqlite|odbc]...   what the snapshot of a changed table costs
       tools/bench corpora [PART...]   only build the trees"""


def parse(arguments):
    parser = argparse.ArgumentParser(prog="tools/bench", usage=USAGE)
    parser.add_argument("words", nargs="*", metavar="WORD", help=f"parts; steps: {' '.join(parts.STEPS)}"
                        " (steps a named one needs are run too)")
    parser.add_argument("--tools", default=None, help="of snapstore,restic,borg (default: all; bounded: snapstore);"
                        " figures of those left out are taken from the last run")
    parser.add_argument("--runs", type=int, default=1, help="measure everything N times and take medians")
    parser.add_argument("--once", action="store_true", help="run cheap steps once, not three times")
    parser.add_argument("--scale", type=float, default=1, help="size of the corpora; 0.01 to try the bench itself")
    parser.add_argument("--cold", action="store_true", help="empty the page cache before each run (needs root)")
    parser.add_argument("--json", metavar="FILE", help="write all figures to FILE")
    parser.add_argument("--snapstore", metavar="PROGRAM", help="measure this program, not what tools/publish makes")
    options = parser.parse_intermixed_args(arguments)

    modes = [word for word in options.words if word in ("engine", "bounded", "databases", "s3", "corpora")]
    options.mode = modes[0] if modes else "engine"
    known_parts, known_steps = (corpora.BOUNDED_PARTS + ["bounded-blobs"], BOUNDED_STEPS) if options.mode == "bounded" else \
        (corpora.ENGINE_PARTS, parts.STEPS)
    named = [word for word in options.words if word not in modes]
    if options.mode == "s3":
        known_parts = known_parts + ["one-file"]
    if options.mode == "databases":
        known_parts, known_steps = list(database_servers.ALL), []
    named = [f"bounded-{word}" if f"bounded-{word}" in known_parts else word for word in named]
    unknown = [word for word in named if word not in known_parts + known_steps]
    if unknown or len(modes) > 1:
        parser.error(f"unknown: {' '.join(unknown or modes)} (parts: {' '.join(known_parts)};"
                     f" steps: {' '.join(known_steps)})")
    options.parts = [part for part in known_parts if part in named] or known_parts
    options.steps = with_needed(known_steps, [step for step in known_steps if step in named])
    all_tools = {"bounded": "snapstore", "databases": "snapstore,restic", "s3": "snapstore,restic"}.get(options.mode, "snapstore,restic,borg")
    options.tools = (options.tools or all_tools).split(",")
    if not set(options.tools) <= set(contenders.KINDS):
        parser.error(f"--tools: choose of {','.join(contenders.KINDS)}")
    options.work = os.path.realpath(os.environ.get("SNAPSTORE_BENCH_DIR", "/var/tmp/snapstore-bench"))
    if options.cold and os.geteuid() != 0:
        parser.error("--cold needs root to empty the page cache")
    return options


def with_needed(known, named):
    """All steps if none is named; else the named ones after `first`, from which every other starts, and for `prune` after
    `changed`: else there is nothing to forget."""
    needed = {"first", "changed"} if "prune" in named else {"first"}
    return [step for step in known if not named or step in named or step in needed]


def programs(options):
    """Get the peers, publish Snapstore, and return the contenders."""
    peers = os.path.join(options.work, "peers", "bin")
    if set(options.tools) - {"snapstore"}:
        subprocess.run([os.path.join(TOOLS, "get-peers"), os.path.dirname(peers)], check=True,
                       stdout=subprocess.DEVNULL)
    where = {"restic": os.path.join(peers, "restic"), "borg": os.path.join(peers, "borg")}
    if "snapstore" in options.tools:
        if not options.snapstore:
            subprocess.run([os.path.join(TOOLS, "publish"), os.path.join(options.work, "bin")], check=True,
                           stdout=subprocess.DEVNULL)
        where["snapstore"] = os.path.abspath(options.snapstore or os.path.join(options.work, "bin", "snapstore"))
    return [contenders.KINDS[name](where[name], os.path.join(options.work, "repositories", name))
            for name in options.tools]


def machine():
    """What the figures were measured on."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return {"cpu": model, "cores": len(os.sched_getaffinity(0)), "memory_gib": round(memory, 1),
            "kernel": platform.release(), "load": round(os.getloadavg()[0], 2)}


def with_remembered(options, name, facts, figures):
    """Keep this run's figures, and add those of programs not run now from the last run on the same corpus."""
    kind = "cold" if options.cold else "warm"
    path = os.path.join(options.work, "results", f"{name}-{options.scale:g}-{kind}.json")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    kept = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            kept = json.load(file)
    if kept.get("facts") != facts:
        kept = {"facts": facts, "programs": {}}
    today = datetime.datetime.now().strftime("%Y-%m-%d %H:%M")
    for program, steps in figures.items():
        before = kept["programs"].get(program, {"steps": {}})
        kept["programs"][program] = {"when": today, "steps": {**before["steps"], **steps}}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(kept, file, indent=1)
    others = {program: told for program, told in kept["programs"].items() if program not in figures}
    return ({**figures, **{program: told["steps"] for program, told in others.items()}},
            {program: told["when"] for program, told in others.items()})


def run_part(name, able, options):
    """The figures of one part, of local repositories or on a store far away that is there for this part only."""
    if options.mode != "s3":
        return parts.run_part(name, options.steps, able, options)
    store = far_store.FarStore(memory_gib=16)
    try:
        return parts.run_part(name, options.steps, [contender for contender in able if contender.name != "borg"], options, store.start())
    finally:
        store.stop()


def main():
    sys.stdout.reconfigure(line_buffering=True)  # each part is told when it is done, into files too
    options = parse(sys.argv[1:])
    os.makedirs(options.work, exist_ok=True)
    trees = [name for name in options.parts if name not in ("bounded-blobs", "one-file") and options.mode != "databases"]
    known = {name: corpora.ensure(options.work, name, options.scale) for name in trees}
    if options.mode == "corpora":
        for name in trees:
            print(f"{name}: {report.count_and_size(known[name])}")
        return 0
    able = programs(options)
    here = machine()
    versions = {contender.name: contender.version() for contender in able}
    print(f"{here['cpu']}, {here['cores']} cores, {here['memory_gib']} GiB, Linux {here['kernel']};"
          f" page cache {'emptied before each run' if options.cold else 'warm'}")
    print("; ".join(versions.values()))
    if here["load"] > 0.5:
        print(f"the machine is busy (load {here['load']}): wall times are only indicative")

    results, passed = {}, True
    if options.mode == "databases":
        return 0 if databases.run([contender for contender in able if contender.name != "borg"], options, options.parts) else 1
    if "one-file" in options.parts:
        passed &= all([far_file.run(contender, options) for contender in able if contender.name == "snapstore"])
    if "bounded-blobs" in options.parts:
        passed &= all([many_blobs.run(contender, options) for contender in able if contender.name == "snapstore"])
    for name in trees:
        figures = run_part(name, able, options)
        passed &= not any("failed" in step for steps in figures.values() for step in steps.values())
        if options.mode == "s3":
            report.table(name, known[name], figures, options.steps, {}, report.FAR_COLUMNS)
            passed &= report.far_verdicts(figures, options.steps)
        elif options.mode == "engine":
            shown, remembered = with_remembered(options, name, known[name], figures)
            report.table(name, known[name], shown, options.steps, remembered)
            passed &= report.engine_verdicts(name, shown, options.steps)
        else:
            report.table(name, known[name], figures, options.steps, {})
            passed &= report.bounded_verdicts(name, figures, options.steps)
        results[name] = {"corpus": known[name], "figures": figures}
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"machine": here, "versions": versions, "cold": options.cold, "parts": results}, file, indent=1)
    return 0 if passed else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as failure:
        sys.exit(f"bench: failed: {' '.join(failure.cmd)}\n{failure.stderr or ''}")
    except KeyboardInterrupt:
        sys.exit(130)
