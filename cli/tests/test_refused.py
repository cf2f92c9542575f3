"""What people do wrong before a platform that is up: the line that comes says what, and where."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from typer.testing import CliRunner

from aftercall.keys import first_key
from aftercall.main import app
from aftercall.platform import platform
from aftercall.port import listen
from common.process.settings import CommonSettings

ACME = """\
workspaces: [{id: acme, name: Acme}]
surveys:
  - {id: csat, metric: csat, questions: [
      {id: q, kind: rating, scale: [1, 5], text: {en: "Acme: 1 to 5? STOP ends it."}}]}
flows: [{id: after-calls, survey: csat, enabled: false}]
"""
NOBODY = "address\n12\n"
# typed -> what is said; every one ends with a status that is not 0.
TABLE = {
    "scores --workspace acne": "workspace: no such workspace",
    "audience list --workspace acne": "--workspace acne: there is none; did you mean acme?",
    "dnc list --workspace acne": "--workspace acne: there is none; did you mean acme?",
    "secrets list --workspace acne": "--workspace acne: there is none; did you mean acme?",
    "contacts export +12025550101 --workspace acne": "there is none; did you mean acme?",
    "contacts erase +12025550101 --yes --workspace other": "there is none; there are acme",
    "legal-notice acknowledge --yes --workspace acne": "No such workspace",
    "contacts export ann@": "address: not a number in E.164",
    "contacts export 5550101": "address: not a number in E.164",
    "contacts link +12025550101": "addresses: name two, or one and its `customer_id`",
    "contacts link +12025550101 +12025550102": "Set `link_customers: true`",
    "contacts unlink 12": "address: not a number in E.164",
    "audience load Spring nobody.csv": "audience: small letters, digits, - and _",
    "audience load spring nobody.csv": "nobody of nobody.csv is in spring",
    "audience load spring nobody.csv --region India": "region: a country is written as two",
    "audience start autumn": "No such audience",
    "audience start spring --per-hour 0": "per_hour: must be at least 1",
    "dnc load Registry nobody.csv": "list: small letters, digits, - and _",
    "dnc load registry nobody.csv": "1 of 1 lines cannot be read, so the list registry is as it",
    "dnc export registry": "No such list",
    "secrets set token": "value: at least 1 character is needed",
    "secrets remove token": "No such secret",
    "delete survey csat --yes": "survey csat stays, for it is needed: flows.after-calls",
    "delete flow nothing --yes": "No such document",
    "history flow after-call": "there was never a flow after-call in the workspace",
    "restore flow after-calls 99": "No such version",
    "preview after-call": "there is no flow after-call; did you mean after-calls?",
    "dry-run acme.yaml --from 2020-01-05": "from: must be within the last 28 days",
    "dry-run other.yaml --from LATELY": "id: is not acme, which was named",
    "scores --by colour": "by: must be 'queue', 'agent'",
    "responses --range week": "range: must be 'today', 'yesterday'",
    "calls --from tomorrow": "from: a day is needed, such as 2026-01-05",
}


async def test_what_is_wrong_is_said_without_the_words_of_the_protocol(
    database_url: str, tmp_path: Path
) -> None:
    settings = CommonSettings.model_validate(
        {
            "database_url": database_url,
            "contact_pepper": "the pepper of the tests",
            "public_url": "http://127.0.0.1:1",
            "log_level": "ERROR",
        }
    )
    files = {"acme.yaml": ACME, "other.yaml": ACME.replace("acme", "other"), "nobody.csv": NOBODY}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    told: dict[str, tuple[int, str]] = {}
    async with platform(settings, listen(0)) as running:
        key = await first_key(running.runtime.db) or ""
        there = {**os.environ, "AFTERCALL_URL": running.url, "AFTERCALL_KEY": key}

        async def run(typed: str) -> tuple[int, str]:
            day = (datetime.now(UTC) - timedelta(days=2)).date().isoformat()
            words = [
                str(tmp_path / word) if word in files else word
                for word in typed.replace("LATELY", day).split()
            ]
            ended = await asyncio.to_thread(CliRunner().invoke, app, words, env=there)
            return ended.exit_code, f"{ended.output}{ended.exception or ''}"

        assert (await run("apply acme.yaml --yes"))[0] == 0
        for typed in TABLE:
            told[typed] = await run(typed)
        empty = await run("calls --queue nobody")

    wrong = {
        typed: (status, text)
        for typed, (status, text) in told.items()
        if TABLE[typed] not in text.replace(f"{tmp_path}/", "") or status == 0
    }
    assert wrong == {}
    assert not any("Invalid" in text for _, text in told.values())
    assert empty[1].endswith("No call was decided in these days, of this --queue.\n")
