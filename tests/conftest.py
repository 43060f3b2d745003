"""For every Python test: the harness is importable, and a failing test tells what its processes said."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "harness"))

from lineman_test import Lineman, Process  # noqa: E402


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.when == "call" and report.failed:
        for process in getattr(item, "processes", []):
            report.sections.append((process.name, process.story()))


@pytest.fixture
def keep(request, tmp_path):
    """Takes over a process: ended with the test, told about when the test fails."""
    request.node.processes = []

    def take(process):
        request.node.processes.append(process)
        return process

    yield take
    for process in request.node.processes:
        process.close()


@pytest.fixture
def work(tmp_path):
    """The empty directory that lineman runs in."""
    path = tmp_path / "cwd"
    path.mkdir()
    return path


@pytest.fixture
def phone(keep, work, tmp_path):
    """phone("dial", uri, ...): a Lineman in `work`, running."""
    def start(*args, **rest):
        return keep(Lineman(rest.pop("cwd", work), *args, logs=tmp_path / "logs", **rest))
    return start


@pytest.fixture
def lineman(phone):
    """lineman("dial", uri, ...): a whole run."""
    def whole(*args, seconds=30.0, **rest):
        process = phone(*args, **rest)
        process.finish(seconds)
        return process
    return whole


@pytest.fixture
def child(keep, work, tmp_path):
    """child(argv): another program, running."""
    def start(argv, **rest):
        return keep(Process(argv, rest.pop("cwd", work), logs=tmp_path / "logs", **rest))
    return start
