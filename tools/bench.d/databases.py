"""`bench databases`: what the second snapshot of a changed table costs, beside restic fed by the engine's own dump program."""

import os

import database_servers
import measure
import report

ROWS = 1_000_000
FLOOR_STEP = "1 % random"
UNHELD = ("odbc",)  # lines that name each column: twice the chunks, and a first snapshot that compresses better
RANDOM_SHARE_MAX = 0.01  # of what the first snapshot stored, for 1 % of the rows at random
STEPS = [
    ("first", lambda server, rows: None),
    ("unchanged", lambda server, rows: None),
    ("0.01 % random", lambda server, rows: server.change(server.random_rows(10_000, "a"))),
    ("1 % random", lambda server, rows: server.sql(f"UPDATE orders SET amount = amount + 1 WHERE {server.random_rows(100, 'b')}")),
    ("1 % more, they grow", lambda server, rows: server.change(server.random_rows(100, "c"))),
    ("1 % in a row", lambda server, rows: server.change(f"id BETWEEN {rows // 2} AND {rows // 2 + rows // 100}")),
    ("drop 1 %, append 1 %", lambda server, rows: (server.sql(f"DELETE FROM orders WHERE id <= {rows // 100}"), server.add(rows + 1, rows + rows // 100))),
]


def run(contenders, options, engines):
    """Measure the engines named; print a table each and return whether all held."""
    return all([run_engine(contenders, options, engine) for engine in engines])


def run_engine(contenders, options, engine):
    """All steps on one server."""
    rows = max(1000, int(ROWS * options.scale))
    server = database_servers.ALL[engine](os.path.join(options.work, f"server-{engine}"))
    print(f"\n{server.name}: a table of {rows:,} rows")
    print(f"  {'step':<22}{'program':<11}{'new MiB':>10}{'of first':>10}{'wall s':>10}{'cpu s':>10}{'peak MiB':>10}")
    try:
        server.start()
        server.fill(rows)
        for contender in contenders:
            contender.reset()
            measure.run(contender.command("init", "", ""), contender.environment(), contender.home, log_of(options, contender))
        figures = {contender.name: [] for contender in contenders}
        for number, (name, change) in enumerate(STEPS):
            change(server, rows)
            for contender in contenders:
                figures[contender.name].append(snapshot(contender, options, server))
            show(name, number, contenders, figures)
    finally:
        server.stop()
    return report.show(verdicts(figures, options, engine))


def snapshot(contender, options, server):
    """One snapshot: MiB it added, and its cost."""
    before = measure.size_mib(contender.repository)
    measure.settle(False)
    cost = measure.run(command(contender, server), {**contender.environment(), **server.settings}, contender.home, log_of(options, contender))
    return measure.size_mib(contender.repository) - before, cost


def command(contender, server):
    """As a user would type it."""
    if contender.name == "snapstore":
        return [contender.program, "snapshot", server.url]
    return ["bash", "-o", "pipefail", "-c", f"{server.dump} | {contender.program} backup --stdin --stdin-filename bench.sql"]


def show(name, number, contenders, figures):
    """The rows of one step."""
    label = name
    for contender in contenders:
        added, cost = figures[contender.name][number]
        share = added / figures[contender.name][0][0]
        print(f"  {label:<22}{contender.name:<11}{added:>10.2f}{share:>10.2%}{cost.wall_s:>10.2f}{cost.cpu_s:>10.2f}{cost.peak_mib:>10.0f}")
        label = ""


def verdicts(figures, options, engine):
    """What is asked of Snapstore."""
    if "snapstore" not in figures:
        return []
    ours = figures["snapstore"]
    number = [name for name, _ in STEPS].index(FLOOR_STEP)
    share = ours[number][0] / ours[0][0]
    peak = max(cost.peak_mib for _, cost in ours)
    is_held = options.scale >= 0.5 and engine not in UNHELD
    return [(not is_held or share < RANDOM_SHARE_MAX, f"{FLOOR_STEP}: {share:.2%} of the first snapshot ({'less than ' if is_held else 'not held to '}{RANDOM_SHARE_MAX:.0%})"),
            (peak <= report.BOUNDED_PEAK_MIB, f"peak memory {peak:.0f} MiB (at most {report.BOUNDED_PEAK_MIB} MiB)")]


def log_of(options, contender):
    """Where its output goes."""
    os.makedirs(os.path.join(options.work, "logs"), exist_ok=True)
    return os.path.join(options.work, "logs", f"databases-{contender.name}.log")
