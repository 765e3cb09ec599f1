from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.render import sandbox
from bot.render.sandbox import Ran

_MIB = 1024 * 1024
_NODE = shutil.which("node")


@pytest.fixture(params=["namespaces", "plain"])
def ways(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """With namespaces where the kernel allows them, and as it is where it does not."""
    if request.param == "namespaces":
        if not sandbox.isolated():
            pytest.skip("the kernel or the container allows no namespaces here")
        yield "namespaces"
        return
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "cat", "env", "sleep", "yes", "kubectl", "setsid", "git"):
        found = shutil.which(name)
        if found:
            (folder / name).symlink_to(found)
    before = os.environ["PATH"]
    os.environ["PATH"] = str(folder)
    try:
        assert not sandbox.isolated()
        yield "plain"
    finally:
        os.environ["PATH"] = before


def run(*command: str, stdin: bytes = b"", seconds: float = 10, memory: int = 256) -> Ran:
    return sandbox.run(
        command,
        cwd=Path("/"),
        stdin=stdin,
        seconds=seconds,
        memory_bytes=memory * _MIB,
        output_bytes=_MIB,
    )


def python(text: str) -> Ran:
    return run(sys.executable, "-I", "-c", text)


def alive(marker: str) -> list[str]:
    """The command lines of running processes that have `marker` in them."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if marker.encode() in line:
            found.append(line.decode())
    return found


@pytest.mark.usefixtures("ways")
def test_it_says_what_the_program_said_and_how_it_ended() -> None:
    assert run("cat", stdin=b"x" * 700_000).stdout == b"x" * 700_000
    done = run("sh", "-c", "echo out; echo err >&2; exit 7")
    assert done == Ran(code=7, stdout=b"out\n", stderr=b"err\n", ended="")
    assert run("sh", "-c", "kill -9 $$").code == -9
    assert run("no-such-program").code == 127
    # A program that reads nothing of what it is given is no error.
    assert run("sh", "-c", "exit 0", stdin=b"x" * 700_000).code == 0


@pytest.mark.usefixtures("ways")
def test_the_environment_of_the_bot_does_not_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "s3cret-of-the-bot")
    said = run("env").stdout.decode()
    assert "s3cret" not in said
    names = {row.partition("=")[0] for row in said.splitlines()}
    assert names - {"PWD", "_", "SHLVL", "OLDPWD"} == {
        *("PATH", "HOME", "TMPDIR", "LC_ALL", "NO_PROXY", "no_proxy"),
        *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"),
        *("GIT_ALLOW_PROTOCOL", "GIT_CONFIG_NOSYSTEM", "GIT_TERMINAL_PROMPT"),
    }


def test_it_cannot_look_into_the_bot(monkeypatch: pytest.MonkeyPatch) -> None:
    if not sandbox.isolated():
        pytest.skip("the kernel or the container allows no namespaces here")
    text = (
        "import pathlib\n"
        "for at in pathlib.Path('/proc').glob('[0-9]*/environ'):\n"
        "    print(at.read_bytes())\n"
        f"print(pathlib.Path('/proc/{os.getpid()}').exists())"
    )
    monkeypatch.setenv("GITHUB_TOKEN", "s3cret-of-the-bot")
    done = python(text)
    assert b"s3cret" not in done.stdout
    assert done.stdout.endswith(b"False\n")


@pytest.mark.usefixtures("ways")
def test_its_home_is_its_own_and_gone_afterwards() -> None:
    home = run("sh", "-c", 'echo x > "$HOME/left"; echo x > "$TMPDIR/too"; echo "$HOME"').stdout
    assert home.strip()
    assert not Path(home.decode().strip()).exists()


def test_there_is_no_network() -> None:
    if not sandbox.isolated():
        pytest.skip("the kernel or the container allows no namespaces here")
    began = time.monotonic()
    done = python("import socket; socket.create_connection(('192.0.2.1', 80), 30)")
    assert done.code == 1
    assert b"unreachable" in done.stderr
    assert time.monotonic() - began < 1


@pytest.mark.usefixtures("ways")
def test_what_takes_too_long_is_killed() -> None:
    # A number of this process alone: the other way may be tried at the same time.
    long = f"77.{os.getpid()}"
    began = time.monotonic()
    assert run("sleep", long, seconds=0.2) == Ran(code=-9, stdout=b"", stderr=b"", ended="time")
    assert time.monotonic() - began < 1
    assert alive(long) == []


@pytest.mark.usefixtures("ways")
def test_what_says_too_much_is_killed() -> None:
    began = time.monotonic()
    said = run("yes")
    assert said.ended == "output"
    assert len(said.stdout) < 2 * _MIB
    complained = run("sh", "-c", "yes >&2", seconds=0.3)
    assert complained.ended == "time"
    assert len(complained.stderr) == 256 * 1024
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "text",
    [
        "x = [bytes(1 << 20) for _ in range(100_000)]",
        "x = bytearray(1 << 36)",
        # Together, in two processes of which neither is too large.
        "import os, time; os.fork(); x = b'x' * (150 << 20); time.sleep(20)",
    ],
)
def test_what_needs_too_much_memory_is_killed(text: str, ways: str) -> None:
    began = time.monotonic()
    assert python(text).ended == "memory", ways
    assert time.monotonic() - began < 3


@pytest.mark.usefixtures("ways")
def test_go_and_node_are_held_to_their_memory_but_not_to_what_they_reserve() -> None:
    if shutil.which("kubectl"):
        assert run("kubectl", "version", "--client", memory=200).ended == ""
    if _NODE is None:
        pytest.skip("there is no node to try")
    assert run(_NODE, "-e", "console.log(1)").stdout == b"1\n"
    assert run(_NODE, "-e", "a=[];for(;;)a.push(Buffer.alloc(1<<20,1))").ended == "memory"


def test_nothing_that_it_started_is_left() -> None:
    if not sandbox.isolated():
        pytest.skip("only a namespace of its own holds what leaves its session")
    done = run("sh", "-c", "setsid sleep 78.25 & sleep 79.25 & echo started")
    assert done.stdout == b"started\n"
    assert alive("78.25") == []
    assert alive("79.25") == []


@pytest.mark.usefixtures("ways")
def test_no_zombie_is_left() -> None:
    for seconds in (0.05, 5):
        run("sh", "-c", "sleep 0.2 & sleep 0.1", seconds=seconds)
    states = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            states.append(fields[0])
    assert "Z" not in states
