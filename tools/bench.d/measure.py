"""Run a program and tell what it cost: wall time, processor time, peak memory."""

import dataclasses
import os
import statistics
import subprocess
import sys
import time


FREE_BYTES = 1 << 30


@dataclasses.dataclass(frozen=True)
class Cost:
    """What one run cost, or the median of several."""

    wall_s: float
    cpu_s: float
    peak_mib: float


class Failed(Exception):
    """A program ended with another exit code than 0."""


def run(command, environment, directory, log):
    """Run to the end, output to `log`, and return the Cost; raise Failed with the end of the log.

    wait4 gives the processor time of the program and all it waited for, and the peak of the largest of them
    (file pages mapped into memory count). The floor of the peak is this interpreter's own, about 15 MiB.
    """
    with open(log, "ab") as output:
        output.write(f"$ {' '.join(command)}\n".encode())
        output.flush()
        start = time.monotonic()
        child = subprocess.Popen(command, env=environment, cwd=directory, stdin=subprocess.DEVNULL,
                                 stdout=output, stderr=subprocess.STDOUT)
        try:
            _, status, usage = os.wait4(child.pid, 0)
        except KeyboardInterrupt:
            child.wait()
            raise
        wall = time.monotonic() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise Failed(f"exit code {child.returncode}: {' '.join(command)}\n{tail(log)}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def median(costs):
    """Median of times, largest of peaks."""
    return Cost(statistics.median(cost.wall_s for cost in costs), statistics.median(cost.cpu_s for cost in costs),
                max(cost.peak_mib for cost in costs))


def settle(cold):
    """Let earlier writes reach the disk, so that no run pays for another's; with `cold`, empty the caches too."""
    os.sync()
    if cold:
        with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as file:
            file.write("3\n")


def fault_in(size):
    """Have so many bytes of memory touched, and freed again, just now. On a virtual machine memory that was not used for
    a while is with the host, and getting it back can cost more than what is measured: whoever came first would pay."""
    subprocess.run([sys.executable, "-c", f"b'1' * {size}"], check=True)


def fill_memory(scratch):
    """Leave little memory free, as on a server that has run for a while: what is written next takes pages of this file, which are clean and
    at hand. It is sparse and read once. Touching and freeing is not enough where a guest hands free memory back within seconds."""
    if os.path.exists(scratch):
        os.unlink(scratch)
    with open("/proc/meminfo", encoding="ascii") as lines:
        free = next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemFree:"))
    with open(scratch, "xb", buffering=0) as file:
        file.truncate(max(0, free - FREE_BYTES))
    buffer = bytearray(1 << 20)
    with open(scratch, "rb", buffering=0) as file:
        while file.readinto(buffer):
            pass


def warm(directory):
    """Bring a tree's names, metadata and contents into memory."""
    subprocess.run(["find", directory, "-type", "f", "-exec", "cat", "{}", "+"], stdout=subprocess.DEVNULL, check=True)


def size_mib(directory):
    """The bytes of all files below a directory: what a repository would cost to transfer or to store."""
    total = 0
    for folder, _, names in os.walk(directory):
        total += sum(os.lstat(os.path.join(folder, name)).st_size for name in names)
    return total / (1 << 20)


def tail(log, lines=12):
    """The last lines of a log, indented."""
    with open(log, "r", encoding="utf-8", errors="replace") as file:
        return "".join("    " + line for line in file.readlines()[-lines:])
