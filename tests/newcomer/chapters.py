"""Which blocks of which pages are typed, in this order; and why the others are not.

`given`: what somebody who reads that page has before; `then`: what they do with it.
`test_chapters.py` knows that every block of every page is here or there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
_OF_ID = """.venv/bin/python -c 'import json, sys; print(json.load(sys.stdin)["{}"])'"""


@dataclass(frozen=True, slots=True)
class Chapter:
    page: str
    headings: Sequence[str]
    given: Sequence[str] = field(default=())
    then: Sequence[str] = field(default=())

    @property
    def path(self) -> Path:
        return ROOT / self.page


FIRST_DAY = Chapter(
    "docs/first-day.md", ("Start it", "Make a flow", "Be the caller", "See the answer")
)
CHAPTERS = (
    Chapter("README.md", ("Use it", "Point a PBX at it", "Ask it")),
    Chapter("docs/vendors.md", ("Is it right?",)),
    Chapter(
        "contracts/README.md",
        ("To tell us about a call", "To call our API"),
        given=("sh examples/calls/cloudevent.sh | sed s/demo/acme/ > call.json",),
    ),
    Chapter(
        "docs/alerts.md",
        ("Alerts",),
        given=(
            "export KEY=$(aftercall keys create docs --scope admin --workspace acme"
            " | grep -o 'ac_[^ ]*')",
            "export AFTERCALL_KEY=$KEY",
        ),
    ),
    Chapter("docs/webhooks.md", ("Begin",)),
    Chapter(
        "docs/who-is-asked.md",
        (
            "People who did not call",
            "One person, several addresses",
            "Who never, and who only after a yes",
        ),
        given=(
            "printf 'address,name\\n+919812345678,Asha\\n' > people.csv",
            "printf '9812345679\\n' > registry.csv",
            "sed 's/^    zone: .*/&\\n    link_customers: true/' examples/csat-by-sms.yaml"
            " > own.yaml",
            "aftercall apply own.yaml",
        ),
    ),
    Chapter(
        "docs/privacy.md",
        ("Everything about a person", "Erasure"),
        given=(
            "export CONTACT_ID=$(aftercall contacts export +12025550101 --json | "
            + _OF_ID.format("contact_id")
            + ")",
            'export ID=$(curl -s -X POST $URL/v1/contacts/erase -H "Authorization: Bearer $KEY"'
            ' -d \'{"address": "+12025550101"}\' | ' + _OF_ID.format("id") + ")",
        ),
    ),
    Chapter(
        "docs/operating.md",
        ("Back-up and restore",),
        given=("Ctrl-C",),
        then=(
            "rm -rf .aftercall && mv ~/aftercall-2026-01-05 .aftercall",
            "make up",
            "aftercall get workspace acme | grep link_customers",  # by the key of before
        ),
    ),
)
# On a Kafka and a PostgreSQL that are there, which the variables of the page then name.
_ASKED = (
    "aftercall apply examples/csat-by-sms.yaml",
    "aftercall send-test-event --to +12025550102 | grep '^ASKED by the flow billing-csat'",
    "aftercall why +12025550102 | grep 'ASKED by the flow billing-csat'",
    "curl -s $URL/console/sign-in | grep -q password",
)
FOR_REAL = (
    Chapter(
        "README.md",
        ("Run it for real", "All in one process"),
        given=("Ctrl-C",),
        then=("aftercall doctor", *_ASKED),  # no provider is named yet that nobody reaches
    ),
    Chapter(
        "README.md",
        ("A process for each service",),
        given=("Ctrl-C",),
        then=(*_ASKED, "Ctrl-C"),
    ),
)
# Page, heading -> why nobody types it in a bare folder, and what tries it instead.
ELSEWHERE = {
    ("README.md", "See it work"): "cli/tests/test_demo.py types it at a demo; .ci/run is make test",
    ("README.md", "Your own flow, today"): "the first line of the first day",
    ("docs/operating.md", "As a service of systemd"): "needs systemd",
    ("docs/sizing.md", "Your own figures"): "takes minutes, and a machine alone",
    ("docs/twilio.md", "What to take from Twilio"): "needs an account at Twilio",
    ("docs/twilio.md", "Is it right?"): "needs an account at Twilio",
    ("docs/passed-on-callers.md", "Asterisk, FreePBX"): "needs a switch",
    ("docs/deploying.md", "On one machine: docker compose"): "needs Docker; tests/deploy",
    ("docs/deploying.md", "Kubernetes"): "needs a cluster; tests/deploy",
    (
        "docs/encryption-and-access.md",
        "Kafka: a user per service",
    ): "tests/e2e/test_grants.py, on real Kafka with TLS",
    ("docs/encryption-and-access.md", "PostgreSQL: a role per service, and one that migrates"): (
        "tests/e2e/test_roles.py, with those roles"
    ),
    ("docs/encryption-and-access.md", "docker compose"): "needs Docker; tests/deploy",
    ("docs/encryption-and-access.md", "Kubernetes"): "needs a cluster; tests/deploy",
    ("docs/architecture.md", "Architecture, on one page"): "a drawing",
}
