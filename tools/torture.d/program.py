"""Runs the program, alone or beside others, and holds its ends and its words against spec/cli.md."""

import json
import os
import signal
import subprocess
import threading
import time

TIME_MAX = 120
# spec/cli.md, "Exit codes"
DOCUMENTED = {0, 1, 2, 3, 4, 10, 11, 12, 130, 141}


class Lost(Exception):
    """Something is not as it must be."""


class Run:
    """One run of the program."""

    def __init__(self, program, arguments, environment, prefix=()):
        self.arguments = arguments
        self.command = [*prefix, program, *arguments, "--json"]
        self._environment = environment
        self._process = None
        self._reader = None
        self.code = None
        self.seconds = 0.0
        self.killed_after = None
        self.out = self.err = ""

    @property
    def verb(self):
        """Its verb: one word, or two for keys."""
        return " ".join(self.arguments[:2]) if self.arguments[0] == "key" else self.arguments[0]

    def start(self):
        """Starts it in a process group of its own."""
        self._start = time.monotonic()
        self._process = subprocess.Popen(self.command, env=self._environment, stdin=subprocess.DEVNULL, start_new_session=True,
                                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        return self

    def kill(self):
        """kill -9, if it is still there."""
        if self._process is not None and self._process.poll() is None:
            self.killed_after = time.monotonic() - self._start
            _kill_group(self._process.pid)

    def end(self):
        """Makes sure that it has ended."""
        if self._process is not None:
            self.kill()
            self._reader.join()

    def wait(self):
        """Waits for its end; one that does not end is a failure."""
        self._reader.join(TIME_MAX)
        if self._reader.is_alive():
            _kill_group(self._process.pid)
            self._reader.join()
            raise Lost(f"did not end in {TIME_MAX} s: {' '.join(self.command)}\n{self.err}")
        return self

    def _read(self):
        out, err = self._process.communicate()
        self.seconds = time.monotonic() - self._start
        self.code = self._process.returncode
        self.out, self.err = out.decode(errors="replace"), err.decode(errors="replace")

    @property
    def was_killed(self):
        """Ended by SIGKILL, ours or strace's."""
        return self.code == -signal.SIGKILL

    def objects(self, kind=None):
        """What it wrote, as objects; a line that a kill cut off is left out."""
        found = []
        for line in self.out.splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                if not self.was_killed:
                    raise Lost(f"no JSON on standard output: {line[:200]}") from None
        return [told for told in found if kind in (None, told.get("type"))]

    def message(self):
        """The text of its error."""
        return " ".join(told["message"] for told in self._said() if told["type"] == "error")

    def judge_words(self):
        """Errors are one clear line each."""
        for unwanted in ("Unhandled exception", "   at ", "this should not have happened"):
            if unwanted in self.err + self.out:
                raise Lost(f"'{unwanted}' in what it said")
        errors = [told for told in self._said() if told["type"] == "error"]
        if len(errors) > 1 or any("\n" in told["message"] for told in errors):
            raise Lost("more than one line of error")
        if self.code in DOCUMENTED - {0, 3, 141} and len(errors) != 1 and self.verb != "check":
            raise Lost(f"exit code {self.code} without an error")
        if self.code in {0, 3} and errors:
            raise Lost(f"exit code {self.code} with an error")

    def _said(self):
        try:
            return [json.loads(line) for line in self.err.splitlines()]
        except ValueError:
            if self.was_killed:
                return []
            raise Lost("no JSON on standard error") from None

    def describe(self):
        """Everything about it, for a report."""
        killed = f", killed after {self.killed_after:.3f} s" if self.killed_after else ""
        return f"$ {' '.join(self.command)}\n  exit code {self.code} after {self.seconds:.3f} s{killed}\n" + \
            "".join(f"  | {line[:400]}\n" for line in (self.out + self.err).splitlines())


def _kill_group(leader):
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        pass
