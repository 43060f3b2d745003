"""Runs the lineman binary as a script would: no HOME, an empty directory, a deadline on everything.

    with Lineman(tmp_path, "dial", uri, "--hangup") as phone:
        phone.wait("call.answered")          # an event, by reading the pipe
        assert phone.finish() == 0           # every line was held against the JSON Schema

Only processes that were started here are ended, by their id.
"""
import functools
import itertools
import json
import os
import re
import select
import signal
import subprocess
import time
from pathlib import Path

import jsonschema

DEADLINE = 30.0  # s; no step of a test takes this long, even on a machine that is busy
GONE_WITHIN = 2.0  # s; from the verdict to the end of the process

_number = itertools.count(1)


def binary():
    path = os.environ.get("LINEMAN")
    assert path, "LINEMAN must name the binary that is tested"
    return path


def environment(extra=None):
    """What an empty container has, and what a sanitizer wants."""
    env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    env.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
    env.update(extra or {})
    return env


@functools.lru_cache(maxsize=None)
def validator():
    text = subprocess.run([binary(), "gen-docs", "schema"], env=environment(), timeout=DEADLINE,
                          capture_output=True, check=True).stdout
    schema = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def check_line(line):
    """The event of one JSON line; an assertion names what the schema does not allow."""
    event = json.loads(line)
    errors = sorted(validator().iter_errors(event), key=str)
    if errors:
        best = jsonschema.exceptions.best_match(errors)
        raise AssertionError(f"{line!r} is not what the schema says: {best.message} at "
                             f"{list(best.absolute_path)}")
    return event


def check_lines(text):
    """Every line of a whole --json output: valid, numbered, and `result` is the last one."""
    events = [check_line(line) for line in text.splitlines()]
    assert events, "no JSON at all"
    check_order(events)
    return events


def check_order(events, cut_short=False):
    """`cut_short`: by a second signal, so that a call may have no result of its own."""
    last = events[-1]
    assert last["event"] == "result", f"the last line is {last['event']}"
    assert [e["event"] for e in events].count("result") == 1
    numbers = [e["seq"] for e in events]
    assert numbers == sorted(set(numbers)), f"seq is not rising: {numbers}"
    if last["events_dropped"] == 0:
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "seq has a gap"
    calls = {e["call"] for e in events if "call" in e}
    for call in calls:
        results = [e for e in events if e["event"] == "call.result" and e.get("call") == call]
        assert len(results) == 1 or (cut_short and not results), (
            f"{call} has {len(results)} call.result lines")


class Process:
    """A child whose stdout is read here and whose stderr goes to a file; ended by its id."""

    def __init__(self, argv, cwd, env=None, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                 logs=None, merge=False, pass_fds=()):
        self.argv = [str(a) for a in argv]
        logs = Path(logs or cwd)
        logs.mkdir(parents=True, exist_ok=True)
        self.name = f"{Path(self.argv[0]).name}-{next(_number)}"
        self.stderr_path = logs / f"{self.name}.stderr"
        self.buffer = b""
        self.output = b""
        self.exit = None
        self.usage = None
        self.signals = 0
        self.started = time.monotonic()
        with open(self.stderr_path, "wb") as errors:
            self.child = subprocess.Popen(
                self.argv, cwd=cwd, env=env or environment(), stdin=stdin, stdout=stdout,
                stderr=subprocess.STDOUT if merge else errors, start_new_session=True,
                pass_fds=pass_fds)
        self.pid = self.child.pid
        self.pidfd = os.pidfd_open(self.pid)
        self.out = self.child.stdout
        if self.out is not None:
            os.set_blocking(self.out.fileno(), False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.exit is None:
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)  # this child only, by its id
            self.reap(DEADLINE)
        if self.out is not None:
            self.out.close()
            self.out = None
        if self.child.stdin is not None:
            try:
                self.child.stdin.close()
            except BrokenPipeError:
                pass

    def signal(self, number):
        self.signals += 1
        assert self.exit is None, f"it has ended already; {self.story()}"
        signal.pidfd_send_signal(self.pidfd, number)

    def reap(self, seconds):
        """Waits for the end; false when it does not come."""
        if self.exit is not None:
            return True
        if not select.select([self.pidfd], [], [], max(0.0, seconds))[0]:
            return False
        _, status, self.usage = os.wait4(self.pid, 0)
        self.exit = os.waitstatus_to_exitcode(status)
        self.child.returncode = self.exit
        self.ended = time.monotonic()
        os.close(self.pidfd)
        return True

    def cpu(self):
        return self.usage.ru_utime + self.usage.ru_stime

    def read_some(self, deadline):
        """More of stdout into the buffer; false at its end. Raises when the deadline passes."""
        if self.out is None:
            return False
        wait = deadline - time.monotonic()
        if wait <= 0 or not select.select([self.out], [], [], wait)[0]:
            raise TimeoutError(f"{self.name} said nothing more; {self.story()}")
        data = os.read(self.out.fileno(), 1 << 16)
        self.buffer += data
        self.output += data
        return bool(data)

    def wait_text(self, pattern, seconds=DEADLINE):
        """A match in stdout, from the start on."""
        deadline = time.monotonic() + seconds
        while True:
            match = re.search(pattern, self.output.decode(errors="replace"))
            if match:
                return match
            if not self.read_some(deadline):
                raise AssertionError(f"{pattern!r} never came; {self.story()}")

    def stderr(self):
        return self.stderr_path.read_text(errors="replace")

    def story(self):
        if self.out is not None:
            while select.select([self.out], [], [], 0)[0]:
                data = os.read(self.out.fileno(), 1 << 16)
                if not data:
                    break
                self.buffer += data
                self.output += data
        return (f"{' '.join(self.argv)}\nexit: {self.exit}\nstderr:\n{self.stderr()[-6000:]}\n"
                f"stdout:\n{self.output[-9000:].decode(errors='replace')}")


class Lineman(Process):
    """A run of lineman; with --json unless `json=False`."""

    def __init__(self, cwd, *args, json=True, env=None, **rest):
        argv = [binary(), *args]
        if json:
            at = argv.index("--") if "--" in argv else len(argv)
            argv.insert(at, "--json")
        self.json = json
        self.events = []
        self.verdict_at = None
        super().__init__(argv, cwd, env=environment(env), **rest)

    # events
    def take_lines(self):
        *lines, self.buffer = self.buffer.split(b"\n")
        for line in lines:
            self.events.append(check_line(line.decode()))
            if self.events[-1]["event"] == "result":
                self.verdict_at = time.monotonic()

    def wait(self, name, seconds=DEADLINE, after=0, **fields):
        """The first event of that name (and those fields) from index `after` on."""
        deadline = time.monotonic() + seconds
        while True:
            for event in self.events[after:]:
                if event["event"] == name and all(event.get(k) == v for k, v in fields.items()):
                    return event
            if not self.read_some(deadline):
                raise AssertionError(f"no {name} {fields or ''}; {self.story()}")
            self.take_lines()

    def all(self, name, **fields):
        return [e for e in self.events
                if e["event"] == name and all(e.get(k) == v for k, v in fields.items())]

    def names(self):
        return [e["event"] for e in self.events]

    @property
    def result(self):
        return self.events[-1]

    def uri(self, seconds=DEADLINE):
        return self.wait("app.ready", seconds)["uri"]

    # the end
    def finish(self, seconds=DEADLINE):
        """Reads to the end and gives the exit code; the promises about the end are asserted."""
        deadline = time.monotonic() + seconds
        while self.read_some(deadline):
            if self.json:
                self.take_lines()
        assert self.reap(deadline - time.monotonic()), f"does not end; {self.story()}"
        assert self.exit >= 0, f"died of signal {-self.exit}; {self.story()}"
        if self.json and self.events:
            assert self.buffer == b"", f"half a line: {self.buffer!r}"
            check_order(self.events, self.signals > 1)
            assert self.result["exit"] == self.exit, self.story()
            results = self.all("call.result")
            if results:
                late = self.result["t_ms"] - results[-1]["t_ms"]
                assert self.simulated() or late < 1000 * GONE_WITHIN, f"{late} ms; {self.story()}"
            if self.verdict_at:
                assert self.ended - self.verdict_at < GONE_WITHIN, self.story()
        return self.exit

    def simulated(self):
        return any(str(a).startswith("local:") for a in self.argv)


def run(cwd, *args, json=True, seconds=DEADLINE, **rest):
    """A whole run; gives the Lineman, ended."""
    with Lineman(cwd, *args, json=json, **rest) as phone:
        phone.finish(seconds)
        return phone


def stop(phone, number=signal.SIGTERM, seconds=DEADLINE):
    phone.signal(number)
    return phone.finish(seconds)


def free_port():
    """A port that was free for UDP and TCP a moment ago."""
    import socket
    for _ in range(50):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind(("127.0.0.1", 0))
            port = udp.getsockname()[1]
            with socket.socket() as tcp:
                try:
                    tcp.bind(("127.0.0.1", port))
                    return port
                except OSError:
                    continue
    raise AssertionError("no free port")
