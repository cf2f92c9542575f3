"""`aftercall preview FLOW`: what a person gets on each channel, by way of the REST API."""

from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Annotated, Any

import typer

from aftercall.api import URL
from aftercall.commands.filters import chosen, given
from aftercall.commands.options import Json, Key, Url, Workspace
from aftercall.errors import Trouble
from aftercall.tables import WIDTH, say_json
from common.wording import meant

CHANNELS = {"sms": "SMS", "whatsapp": "WhatsApp", "ivr": "Voice"}
WHEN = {
    "language": "choice of the language",
    "ask": "first message",
    "gave_up": "after three that cannot be read",
    "invalid": "an answer that cannot be read",
    "silent": "nothing was said or pressed",
    "closed": "too late",
    "stopped": "after STOP",
    "started": "after START",
    "help": "after HELP",
    "note": "after an answer on the telephone",
}
Flow = Annotated[str, typer.Argument(help="The id of a flow, on or off.")]
Channel = Annotated[
    list[str] | None, typer.Option(help="sms, whatsapp, ivr; else those of its plan.")
]
Language = Annotated[str | None, typer.Option(help="Such as es; else that of the workspace.")]
Number = Annotated[str | None, typer.Option(help="One of your numbers, for its own texts.")]


def preview(
    flow: Flow,
    *,
    channel: Channel = None,
    language: Language = None,
    number: Number = None,
    key: Key = None,
    workspace: Workspace = None,
    url: Url = URL,
    as_json: Json = False,
) -> None:
    """Show what a person gets: texts with their segments, keys, buttons, templates.

    Asks nobody. The key needs the scope read.

    Examples:

      aftercall preview csat-after-calls

      aftercall preview csat-after-calls --channel ivr --language es
    """
    api, params = chosen(url, key, workspace)
    wanted = channel or _planned(api.request("GET", "/v1/flows", params=params), flow)
    asked = params | given({"flow": flow, "language": language, "number": number})
    shown = [api.request("GET", f"/v1/{one}/preview", params=asked) for one in _known(wanted)]
    if as_json:
        say_json(shown)
        return
    for one in shown:
        typer.echo(f"{CHANNELS[one['channel']]}, {one['survey']} in {one['language']}")
        messages = list(_of_flow(one))
        for message in messages:
            for line in _lines(message):
                typer.echo(line)
        if not messages:
            typer.echo("  asks nobody: the flow's plan does not have this channel")
        typer.echo("")


def _planned(told: Any, flow: str) -> list[str]:
    flows = {one["id"]: one.get("document", one) for one in told["flows"]}
    if flow not in flows:
        raise Trouble(f"there is no flow {flow}{meant(flow, flows)}")
    plan = flows[flow].get("plan") or [{}]
    asked = [step.get("channel", "sms") for step in plan]
    return list(dict.fromkeys([*asked, flows[flow].get("after_call") or asked[0]]))


def _known(channels: list[str]) -> list[str]:
    for one in channels:
        if one not in CHANNELS:
            there = f"; there are {', '.join(CHANNELS)}"
            raise Trouble(f"there is no channel {one}{meant(one, CHANNELS) or there}")
    return channels


def _of_flow(shown: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Of a channel on which the flow asks nobody, what is told there after a call."""
    for message in shown["messages"]:
        if shown["in_plan"] or message["when"] == "note":
            yield message


def _lines(message: Mapping[str, Any]) -> Iterator[str]:
    said = WHEN.get(message["when"], message["when"])
    of = message["band"] or (message["question"] if message["when"] == "question" else "")
    facts = [*_costs(message), *_asked_of(message), *_ways(message)]
    yield f"  {said}{f' {of}' if of else ''}{': ' if facts else ''}{'; '.join(facts)}"
    for line in message["text"].split("\n"):
        for part in wrap(line, WIDTH - 6) or [""]:
            yield f"      {part}"


def _costs(message: Mapping[str, Any]) -> Iterator[str]:
    now, most = message["segments"], message["longest"]
    if now is None:
        return
    more = f", {most['count']} with long names" if most["count"] != now["count"] else ""
    yield f"{now['count']} segment{'s' if now['count'] != 1 else ''} {now['encoding']}{more}"


def _asked_of(message: Mapping[str, Any]) -> Iterator[str]:
    if message["only"]:
        yield f"only {', '.join(message['only'])}"
    for question, options in message["chosen"].items():
        yield f"only {question} {' or '.join(options)}"


def _ways(message: Mapping[str, Any]) -> Iterator[str]:
    """How it is answered, and by what it goes out."""
    if message["keys"]:
        keys = message["keys"].items()
        yield "keys " + ", ".join(key if key == to else f"{key} {to}" for key, to in keys)
    if message["recordings"]:
        yield f"{len(message['recordings'])} recorded"
    if message["buttons"]:
        yield f"buttons {', '.join(message['buttons'])}"
    if template := message["template"]:
        filled = f" with {', '.join(template['variables'])}" if template["variables"] else ""
        why = f" ({template['reason']})" if template["reason"] else ""
        state = template["status"] or "not at the provider yet"
        yield f"template {template['name']}{filled}: {state}{why}"
