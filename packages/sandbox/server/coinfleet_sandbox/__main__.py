"""The command `sandbox`."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from pathlib import Path

from coinfleet_sandbox.errors import SandboxError
from coinfleet_sandbox.launcher import prerequisites
from coinfleet_sandbox.launcher.control import ask
from coinfleet_sandbox.launcher.environment import description, environment
from coinfleet_sandbox.launcher.layout import Layout, layout, state_root
from coinfleet_sandbox.launcher.locks import locked
from coinfleet_sandbox.launcher.owner import give_to_caller
from coinfleet_sandbox.launcher.python_env import python_with_packages
from coinfleet_sandbox.launcher.record import Record, read_record, state_of
from coinfleet_sandbox.launcher.start import SERVER_FOLDER, prepare, start
from coinfleet_sandbox.launcher.stop import down, stop
from coinfleet_sandbox.names import container_name
from coinfleet_sandbox.progress import Progress


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--name", default="default", help='which sandbox (default: "default")')
    common.add_argument("--json", action="store_true", help="print the result as JSON")
    parser = argparse.ArgumentParser(prog="sandbox", description="AWS on a laptop: hosts, disks, networks and an API of one's own.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("prepare", help="make what a first start needs, without starting: Python packages and the images of hosts")
    commands.add_parser("start", parents=[common], help="start it, or start it again with all that it had")
    commands.add_parser("stop", parents=[common], help="shut it down cleanly and keep all that it has")
    commands.add_parser("down", parents=[common], help="remove it with all that it made").add_argument(
        "--cache", action="store_true", help="also remove built images and Python packages"
    )
    commands.add_parser("status", parents=[common], help="say whether it runs, and its hosts")
    commands.add_parser("env", parents=[common], help="print shell commands that point AWS programs at it")
    commands.add_parser("messages", parents=[common], help="print every SNS message that was published, one JSON object a line")
    execute = commands.add_parser("exec", parents=[common], help="run a command as root on an instance: exec i-… -- COMMAND")
    execute.add_argument("instance")
    execute.add_argument("argv", nargs=argparse.REMAINDER)
    commands.add_parser("api", help="serve the AWS API alone, without machines, until standard input ends").add_argument("state_dir")
    commands.add_parser("pytest", help="run the tests of the sandbox itself, with pytest's own options")
    return parser


def _running(where: Layout) -> Record:
    record = read_record(where)
    state = state_of(record)
    if record is None or state != "running":
        raise SandboxError(f'The sandbox "{where.name}" is not running (it is {state}).', f"sandbox start --name {where.name}")
    return record


def _print_description(where: Layout, as_json: bool) -> None:
    record = read_record(where)
    state = state_of(record)
    told = description(where, record, state)
    if state == "running":
        told["instances"] = ask(where, "status").get("instances", [])
    if as_json:
        print(json.dumps(told, indent=2))
        return
    print("\n".join(f"{key:10} {value}" for key, value in told.items() if key != "env"))


def _exec(where: Layout, instance: str, argv: list[str]) -> int:
    _running(where)
    command = argv[1:] if argv[:1] == ["--"] else argv
    if not command:
        raise SandboxError("No command was given.", "sandbox exec i-… -- COMMAND")
    flags = ["-it"] if sys.stdin.isatty() and sys.stdout.isatty() else ["-i"]
    docker = ["docker", f"--host=unix://{where.docker_socket}", "exec", *flags, container_name(instance), *command]
    os.execvp("docker", docker)


def _pytest(arguments: list[str]) -> int:
    python = python_with_packages(Progress())
    names_tests = any(Path(argument.split("::", 1)[0]).exists() for argument in arguments)
    tests = [] if names_tests else [str(SERVER_FOLDER / "tests")]
    os.execv(python, [str(python), "-m", "pytest", "-c", str(SERVER_FOLDER / "pyproject.toml"), *tests, *arguments])


def _api(state_dir: str) -> int:
    python = python_with_packages(Progress())
    os.execv(python, [str(python), "-m", "coinfleet_sandbox.daemon.api_alone", state_dir])


def _run(options: argparse.Namespace) -> int:
    if options.command == "api":
        return _api(options.state_dir)
    if options.command == "prepare":
        prerequisites.require_linux_root()
        prepare(Progress())
        return 0
    where, progress = layout(options.name), Progress()
    match options.command:
        case "start" | "stop" | "down":
            prerequisites.require_linux_root()
            with locked(state_root() / f".{where.name}.lock", f'the sandbox "{where.name}"', progress):
                if options.command == "start":
                    start(where, progress)
                    give_to_caller(where)
                elif options.command == "stop":
                    stop(where, progress)
                else:
                    down(where, progress, options.cache)
            if options.command == "start" or options.json:
                _print_description(where, options.json)
        case "status":
            _print_description(where, options.json)
        case "env":
            variables = environment(where, _running(where))
            print(
                json.dumps(variables, indent=2) if options.json else "\n".join(f"export {k}={shlex.quote(v)}" for k, v in variables.items())
            )
        case "messages":
            if where.messages.exists():
                sys.stdout.write(where.messages.read_text())
        case "exec":
            return _exec(where, options.instance, options.argv)
    return 0


def main() -> int:
    try:
        arguments = sys.argv[1:]
        # argparse would take pytest's options for its own.
        return _pytest(arguments[1:]) if arguments[:1] == ["pytest"] else _run(_parser().parse_args(arguments))
    except SandboxError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Who read the output has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("sandbox: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
