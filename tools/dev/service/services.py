"""./dev services: the real servers that tests talk to, each in its own process group under
build/services.

Only what we started is ever stopped: a service's state holds its process id together with the time
that process began, so a number that was given away again is never taken for ours. Servers listen on
127.0.0.1; a port that is taken is replaced by a free one, so two clones can test side by side.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from dev import paths, process
from dev.console import DevError, StatusLine, say
from dev.deps import setup, store
from dev.service import table
from dev.service.table import SERVICES, Place, Service

FOLDER = paths.BUILD / "services"
STOP_SECONDS = 15.0


@dataclass(frozen=True)
class State:
    pid: int
    began: int  # ticks after boot, from /proc: no later process of the same number has it
    port: int


def process_began(pid: int) -> int | None:
    """When a live process began; None when there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else int(fields[19])


def state_file(service: Service) -> Path:
    return FOLDER / service.name / "state.json"


def load_state(service: Service) -> State | None:
    """State of a service that runs; None when it does not (any more)."""
    try:
        state = State(**json.loads(state_file(service).read_text("utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return state if process_began(state.pid) == state.began else None


def place_of(service: Service, port: int) -> Place:
    return Place(FOLDER / service.name / "data", port)


def is_port_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def choose_port(wanted: int) -> int:
    if is_port_free(wanted):
        return wanted
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def launch(service: Service) -> State:
    """Starts a server with empty data; returns before it is ready."""
    folder = FOLDER / service.name
    shutil.rmtree(folder, ignore_errors=True)
    place = place_of(service, choose_port(service.port))
    place.data.mkdir(parents=True)
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(service.command(place), cwd=place.data, stdin=subprocess.DEVNULL,
                                 env=os.environ | service.environment(), stdout=log,
                                 stderr=subprocess.STDOUT, start_new_session=True)
    state = State(child.pid, process_began(child.pid) or 0, place.port)
    state_file(service).write_text(json.dumps(asdict(state)), "utf-8")
    return state


def wait_ready(service: Service, state: State) -> None:
    status = StatusLine()
    deadline = time.monotonic() + service.ready_seconds
    try:
        while not answers(state.port):
            reap(state.pid)
            if process_began(state.pid) != state.began:
                raise failed_start(service, "it ended")
            if time.monotonic() > deadline:
                raise failed_start(service, f"not ready after {service.ready_seconds} s")
            status.show(f"  waiting for {service.name} on port {state.port}")
            time.sleep(0.2)
    finally:
        status.clear()


def failed_start(service: Service, why: str) -> DevError:
    log = FOLDER / service.name / "log"
    return DevError(f"could not start '{service.name}': {why}; its log ends:\n{process.tail(log)}",
                    f"all of it: {log}")


def reap(pid: int) -> None:
    """Takes the exit status of a child of ours, so that it does not look alive."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def stop(service: Service) -> bool:
    """Stops a service that we started; False when it does not run."""
    state = load_state(service)
    if state is None:
        return False
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(state.pid, number)
        deadline = time.monotonic() + STOP_SECONDS
        while process_began(state.pid) == state.began and time.monotonic() < deadline:
            reap(state.pid)
            time.sleep(0.1)
        if process_began(state.pid) != state.began:
            break
    state_file(service).unlink(missing_ok=True)
    return True


def start(names: Sequence[str]) -> list[Service]:
    """Starts what does not run yet, together; returns those that this call started."""
    chosen = [table.find(name) for name in names]
    with store.locked(paths.BUILD / ".services.lock", "the services of this clone"):
        fresh = [service for service in chosen if load_state(service) is None]
        for service in fresh:
            reason = service.missing()
            if reason:
                raise DevError(f"cannot start '{service.name}': {reason}", service.hint)
            setup.ensure(service.groups)
        started: list[tuple[Service, State]] = []
        try:
            begun = time.monotonic()
            for service in fresh:
                started.append((service, launch(service)))
            for service, state in started:
                wait_ready(service, state)
                say(f"{service.name} is up ({time.monotonic() - begun:.0f} s)")
        except BaseException:
            for service, _ in started:
                stop(service)
            raise
    return fresh


def addresses(names: Sequence[str]) -> dict[str, str]:
    """Environment by which tests find a running service."""
    found: dict[str, str] = {}
    for name in names:
        service = table.find(name)
        state = load_state(service)
        if state:
            found |= service.addresses(place_of(service, state.port))
    return found


@contextlib.contextmanager
def running(names: Sequence[str]) -> Iterator[dict[str, str]]:
    """Services for the length of a block; those that ran before stay up.

    What this machine cannot run is left out; tests then skip themselves with the reason that
    SLUICE_NO_<NAME> holds.
    """
    absent = {name: table.find(name).missing() for name in names}
    present = [name for name, reason in absent.items() if not reason]
    reasons = {f"SLUICE_NO_{name.upper()}": reason for name, reason in absent.items() if reason}
    started = start(present)
    try:
        yield addresses(present) | reasons
    finally:
        for service in started:
            stop(service)


def show_status() -> None:
    for service in SERVICES:
        state = load_state(service)
        if state is None:
            reason = service.missing()
            print(f"{service.name}: down" + (f" ({reason})" if reason else ""))
            continue
        where = " ".join(f"{k}={v}" for k, v in addresses([service.name]).items())
        print(f"{service.name}: up, pid {state.pid}, {where}, log {FOLDER / service.name / 'log'}")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./dev services")
    parser.add_argument("action", choices=["up", "down", "status"])
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args(arguments)
    names = options.names or [service.name for service in SERVICES]
    for name in names:
        table.find(name)
    if options.action == "up":
        start(names)
    elif options.action == "down":
        for name in names:
            say(f"{name}: " + ("stopped" if stop(table.find(name)) else "was not up"))
    if options.action != "down":
        show_status()
    return 0
