"""`aftercall up` on a data folder, and the commands that configure it."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path

import yaml
from typer.testing import CliRunner

from aftercall.main import app
from tests.e2e.commands import Ended, Up, aftercall, up

EXAMPLES = sorted(
    path
    for path in (Path(__file__).parents[2] / "examples").glob("*.yaml")
    if path.stem != "first-flow"  # whose accounts are those of a sandbox: test_sandbox.py
)
PLAIN = {k: v for k, v in os.environ.items() if not k.startswith("AFTERCALL_")}
Command = Callable[..., Awaitable[Ended]]
# What is wrong -> the file, the line, what is said of it.
WRONG: Mapping[str, tuple[str, int, str]] = {
    "no YAML": ("workspaces:\n  - {id: acme", 2, "expected"),
    "a section that does not exist": ("flowz: []\n", 1, "flowz: unknown; there are workspaces"),
    "a section that is no list": ("surveys: {id: x}\n", 1, "surveys must be a list"),
    "an unknown field": (
        "workspaces:\n  - id: acme\n    name: Acme\n    colour: red\n",
        4,
        "workspaces.0.colour",
    ),
    "a missing field": ("workspaces:\n  - id: acme\n    zone: UTC\n", 2, "name: is missing"),
    "no zone": (
        "workspaces:\n  - id: acme\n    name: Acme\n    zone: Mars/North\n",
        4,
        "not a time zone",
    ),
    "a secret itself": (
        "workspaces: [{id: acme, name: Acme}]\nsources:\n  - id: pbx\n    vendor: aircall\n"
        "    secrets:\n      - hunter2\n",
        6,
        "a secret is a reference",
    ),
    "a flow without its survey": (
        "workspaces: [{id: acme, name: Acme}]\nflows:\n  - id: f\n    survey: none\n",
        4,
        "there is no survey none",
    ),
    "a number that is none": (
        "workspaces: [{id: acme, name: Acme}]\nnumbers:\n\n  - number: '12'\n",
        4,
        "not a telephone number",
    ),
}


async def test_a_platform_in_a_folder_is_configured_by_files(
    tmp_path: Path, tell: Callable[[str], None]
) -> None:
    data = ("--data", str(tmp_path / "data"))
    async with up(*data, environment=PLAIN) as running:
        assert running.text.count("ac_") == 1
        environment = {**PLAIN, "AFTERCALL_URL": running.url, "AFTERCALL_KEY": running.key or ""}
        await _apply(EXAMPLES[0], environment, command=aftercall)
        for example in EXAMPLES[1:]:
            await _apply(example, environment, command=_runs)
        await _applies_its_own_export(tmp_path, environment)
        for what in WRONG:
            await _refuses(tmp_path, what, environment)
        await _refuses_strangers(running, environment)
        second = await aftercall("up", "--port", "0", *data, environment=PLAIN)
        assert second.status == 1
        assert "is used by another aftercall process" in second.text
        busy = await aftercall("up", "--port", str(running.port), environment=PLAIN)
        assert busy.status == 1
        assert f"port {running.port} of 127.0.0.1 is in use" in busy.text
        ended = await running.interrupted()
        assert (ended.status, ended.text.strip().splitlines()[-1]) == (0, "stopping ...")

    async with up(*data, environment=PLAIN) as again:
        assert again.key is None
        environment |= {"AFTERCALL_URL": again.url}
        kept = await _runs("diff", str(EXAMPLES[-1]), environment=environment)
        assert "nothing to change" in kept.text
        ended = await again.interrupted()
        assert ended.status == 0
    tell(f"up: {len(EXAMPLES)} examples and {len(WRONG)} wrong files; ended by {signal.SIGINT!r}")


async def _apply(file: Path, environment: Mapping[str, str], *, command: Command) -> None:
    before = await command("diff", str(file), environment=environment)
    assert before.status == 0, before.text
    assert " flow " in before.text  # a new one, or of another example of this workspace
    assert "would change" in before.text
    applied = await command("apply", str(file), "--yes", environment=environment)
    assert applied.status == 0, applied.text
    assert applied.text == before.text.replace("would change", "changed")
    for again in ("diff", "apply"):
        after = await _runs(again, str(file), environment=environment)
        assert (after.status, after.text.strip()) == (0, "nothing to change")


async def _applies_its_own_export(folder: Path, environment: Mapping[str, str]) -> None:
    exported = await aftercall("export", "acme", environment=environment)
    assert exported.status == 0, exported.text
    files = [yaml.safe_load(example.read_text()) for example in EXAMPLES]
    flows = {
        flow["id"]
        for file in files
        if file["workspaces"][0]["id"] == "acme"
        for flow in file["flows"]
    }
    assert {flow["id"] for flow in yaml.safe_load(exported.text)["flows"]} == flows
    file = folder / "export.yaml"
    file.write_text(exported.text)
    after = await _runs("diff", str(file), "--prune", environment=environment)
    assert after.text.strip() == "nothing to change"


async def _runs(*arguments: str, environment: Mapping[str, str]) -> Ended:
    """The command within this process, as loading it takes longer than it runs."""
    where = ("--url", environment["AFTERCALL_URL"])
    key = {"AFTERCALL_KEY": environment.get("AFTERCALL_KEY")}
    run = partial(CliRunner().invoke, app, [*arguments, *where], env=key)
    result = await asyncio.to_thread(run)
    return Ended(result.exit_code, result.output)


async def _refuses(folder: Path, what: str, environment: Mapping[str, str]) -> None:
    text, line, said = WRONG[what]
    file = folder / "wrong.yaml"
    file.write_text(text)
    ended = await _runs("apply", str(file), environment=environment)
    assert ended.status == 1, what
    assert f"{file}:{line}: " in ended.text, (what, ended.text)
    assert said in ended.text, (what, ended.text)
    assert "hunter2" not in ended.text


async def _refuses_strangers(running: Up, environment: Mapping[str, str]) -> None:
    file = str(EXAMPLES[0])
    for key in ("ac_0123456789abcdef_wrong", f"{running.key}x", "hello"):
        ended = await _runs("diff", file, environment={**environment, "AFTERCALL_KEY": key})
        assert ended.status == 1
        assert "401" in ended.text
        assert key not in ended.text
    without = {k: v for k, v in environment.items() if k != "AFTERCALL_KEY"}
    ended = await _runs("diff", file, environment=without)
    assert ended.status == 2
    assert "AFTERCALL_KEY" in ended.text
    nowhere = {**environment, "AFTERCALL_URL": "http://127.0.0.1:9"}
    ended = await _runs("diff", file, environment=nowhere)
    assert (ended.status, "no platform answers" in ended.text) == (1, True)
    unknown = await _runs("export", "nobody", environment=environment)
    assert (unknown.status, "404" in unknown.text) == (1, True)
    missing = await _runs("apply", "no-such-file.yaml", environment=environment)
    assert (missing.status, "No such file" in missing.text) == (1, True)
