"""Tables and verdicts."""

PEERS = ["restic", "borg"]
COLUMNS = [("wall s", "wall_s", ".2f"), ("cpu s", "cpu_s", ".2f"), ("peak MiB", "peak_mib", ".0f"),
           ("repo MiB", "repository_mib", ".1f")]
FAR_COLUMNS = COLUMNS[:3] + [("up MiB", "up_mib", ".1f"), ("down MiB", "down_mib", ".1f"), ("turns", "turns", "d")]

# The floors of the engine: part (None: every part), step, figure, the most that is allowed as a ratio to the
# better peer. Peak memory is bounded as such.
FLOORS = [
    ("source", "first", "wall_s", 0.5), ("small", "first", "wall_s", 0.5),
    ("source", "first", "repository_mib", 0.85), ("small", "first", "repository_mib", 0.85),
    ("source", "unchanged", "wall_s", 0.25), ("small", "unchanged", "wall_s", 0.25),
    (None, "restore", "wall_s", 0.7), (None, "check-data", "wall_s", 0.7),
    ("source", "check-data", "wall_s", 0.5), ("source", "prune", "wall_s", 0.5),
]
ENGINE_PEAK_MIB = 200
BOUNDED_PEAK_MIB = 256
# And on a store that is far away: every step.
FAR_FLOOR = 0.7
FAR_PEAK_MIB = 256


def count_and_size(facts):
    """The first line about a corpus."""
    unit, shift = ("GiB", 30) if facts["bytes"] >= 1 << 30 else ("MiB", 20)
    size = facts["bytes"] / (1 << shift)
    return f"{facts['files']:,} files, {facts['directories']:,} directories, {size:.1f} {unit}"


def figure(figures, program, step, key):
    """One figure or None: not run, failed, or not a figure of this step."""
    return figures.get(program, {}).get(step, {}).get(key)


def best_peer(figures, step, key):
    """The better peer's figure, or None."""
    values = [figure(figures, peer, step, key) for peer in PEERS]
    return min((value for value in values if value is not None), default=None)


def ratio(figures, step, key):
    """Snapstore's figure against the better peer's, or None."""
    ours, theirs = figure(figures, "snapstore", step, key), best_peer(figures, step, key)
    return ours / theirs if ours is not None and theirs else None


def table(name, facts, figures, steps, remembered, columns=COLUMNS):
    """Print one part; `remembered` tells of figures that are from an earlier run."""
    print(f"\n{name}: {count_and_size(facts)}" + (f"; {facts['about']}" if "about" in facts else ""))
    for program, when in remembered.items():
        print(f"  {program}: figures of {when}, not measured in this run")
    heads = "".join(f"{title:>10}" for title, _, _ in columns)
    print(f"  {'step':<11}{'program':<11}{heads}   ratio to the better peer")
    for step in steps:
        label = step
        for program in ["snapstore"] + PEERS:
            if step not in figures.get(program, {}):
                continue
            print(f"  {label:<11}{program:<11}{row(figures, program, step, columns)}")
            label = ""


def row(figures, program, step, columns):
    """The figures of one program in one step."""
    if figure(figures, program, step, "failed"):
        return "    FAILED"
    values = [(figure(figures, program, step, key), form) for _, key, form in columns]
    text = "".join(f"{'' if value is None else format(value, form):>10}" for value, form in values)
    if program == "snapstore":
        ratios = [(title.split()[0], ratio(figures, step, key)) for title, key, _ in columns]
        text += "   " + "  ".join(f"{title} {value:.2f}x" for title, value in ratios if value is not None)
    return text.rstrip()


def engine_verdicts(name, figures, steps):
    """Print each floor with PASS or FAIL; return whether all that could be judged passed."""
    if "snapstore" not in figures:
        return True
    lines = []
    for part, step, key, most in FLOORS:
        if part not in (None, name) or step not in steps:
            continue
        value = ratio(figures, step, key)
        if value is not None or figure(figures, "snapstore", step, "failed"):
            label = {"wall_s": "wall", "repository_mib": "repository"}[key]
            told = "failed" if value is None else f"{value:.2f}x"
            lines.append((value is not None and value <= most, f"{step} {label} {told} (at most {most}x)"))
    return show(lines + peak_lines(figures, steps, ENGINE_PEAK_MIB))


def far_verdicts(figures, steps):
    """Print each step's time beside the floor; return whether all that could be judged passed."""
    ratios = {step: ratio(figures, step, "wall_s") for step in steps}
    lines = [(value <= FAR_FLOOR, f"{step} wall {value:.2f}x (at most {FAR_FLOOR}x)") for step, value in ratios.items() if value is not None]
    return show(lines + peak_lines(figures, steps, FAR_PEAK_MIB))


def bounded_verdicts(name, figures, steps):
    """Print the memory bound of each program measured, and whether holes came back as holes."""
    lines = []
    for program in figures:
        lines += peak_lines(figures, steps, BOUNDED_PEAK_MIB, program)
        allocated = figure(figures, program, "restore", "restored_allocated_mib")
        if name == "bounded-sparse" and allocated is not None:
            most = figure(figures, program, "restore", "source_allocated_mib") * 1.25
            lines.append((allocated <= most, f"{program}: restored file takes {allocated:.0f} MiB on disk"
                                             f" (at most {most:.0f} MiB)"))
    return show(lines)


def peak_lines(figures, steps, most, program="snapstore"):
    """The largest peak of a program, and failures of any step."""
    failed = [step for step in steps if figure(figures, program, step, "failed")]
    peaks = {step: figure(figures, program, step, "peak_mib") for step in steps}
    peaks = {step: peak for step, peak in peaks.items() if peak is not None}
    lines = [(False, f"{program}: {step} failed") for step in failed]
    if peaks:
        step = max(peaks, key=peaks.get)
        lines.append((peaks[step] <= most, f"{program}: peak memory {peaks[step]:.0f} MiB, in {step}"
                                           f" (at most {most} MiB)"))
    return lines


def show(lines):
    """Print verdict lines."""
    for passed, text in lines:
        print(f"  {'PASS' if passed else 'FAIL'}  {text}")
    return all(passed for passed, _ in lines)
