"""What people do wrong: what they typed, the line that comes, the exit status."""

from collections.abc import Mapping
from dataclasses import dataclass, field

NOWHERE = "http://127.0.0.1:1"
DATABASE = "postgresql://me:hunter2@127.0.0.1:1/x"
KEYED = {"AFTERCALL_KEY": "ac_0123456789abcdef_x", "AFTERCALL_URL": NOWHERE}
PEPPER = "a pepper for tests, nothing else"
ACME = "workspaces: [{id: acme, name: Acme}]\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """`said` is in standard error; `config` and `body` become files that {config}, {body} name."""

    typed: str
    said: str
    status: int = 1
    environment: Mapping[str, str] = field(default_factory=dict)
    config: str | bytes | None = None
    body: str | bytes = ""
    as_nobody: bool = False
    lines: int = 1  # of standard error


def _config(said: str, text: str | bytes, lines: int = 1) -> Wrong:
    """Read as `apply` does, without a platform."""
    typed = "verify-event {body} --config {config}"
    return Wrong(typed=typed, said=said, config=text, lines=lines)


def _section(said: str, text: str, lines: int = 1) -> Wrong:
    return _config(said, ACME + text, lines)


def _workspace(said: str, fields: str, lines: int = 1) -> Wrong:
    return _config(said, f"workspaces: [{{id: acme, name: Acme, {fields}}}]\n", lines)


def _flow(said: str, fields: str, lines: int = 1) -> Wrong:
    survey = (
        "surveys: [{id: s, metric: csat, questions: "
        '[{id: q, kind: rating, scale: [1, 5], text: {en: "1 to 5?"}}]}]\n'
    )
    return _section(said, f"{survey}flows: [{{id: f, survey: s, {fields}}}]\n", lines)


def _registered(said: str, dlt: str, lines: int = 1) -> Wrong:
    """What an account says is registered in India."""
    account = (
        "accounts: [{id: a, provider: twilio, account_sid: AC1, auth_token: secret:t,"
        f" senders: [{{number: '+919812345678'}}], dlt: {dlt}}}]\n"
    )
    return _section(said, account, lines)


def _set(typed: str, said: str, **environment: str) -> Wrong:
    told = {f"AFTERCALL_{name}": value for name, value in environment.items()}
    return Wrong(typed=typed, said=said, environment=told)


STARTING = (
    Wrong(typed="up --port 99999", said="--port': must be at most 65535", status=2),
    Wrong(typed="up --port=-1", said="--port': must be at least 0", status=2),
    Wrong(typed="up --port http", said="--port': a whole number is needed", status=2),
    Wrong(typed="up --port {used}", said="is in use; choose another with --port"),
    Wrong(
        typed="up --port 0 --internal-port {used}",
        said="is in use; choose another with --internal-port",
    ),
    Wrong(typed="up --internal-port 70000", said="must be at most 65535", status=2),
    Wrong(typed="up --log-level LOUD", said="'LOUD' is not one of 'debug', 'info'", status=2),
    Wrong(typed="up --prot 1", said="No such option", status=2),
    *(
        Wrong(typed="up --sandbox", said=f"unset {name}", status=2, environment={name: told})
        for name, told in (
            ("AFTERCALL_DATABASE_URL", DATABASE),
            ("AFTERCALL_KAFKA_BOOTSTRAP_SERVERS", "kafka:9092"),
        )
    ),
    *(
        Wrong(
            typed="up --sandbox", said=f"{name} names another", status=2, environment={name: told}
        )
        for name, told in (
            ("AFTERCALL_PUBLIC_URL", "https://surveys.example.com"),
            ("AFTERCALL_PROVIDER_HOSTS", "127.0.0.1:9,proxy.example.com"),
            ("AFTERCALL_CLOSED_LOOP_HOSTS", "hooks.example.com:8443"),
            ("AFTERCALL_CLOSED_LOOP_SMTP_HOST", "mail.example.com"),
        )
    ),
    Wrong(typed="upp", said="there is no command upp; did you mean up?", status=2),
    Wrong(typed="up extra", said="unexpected extra argument", status=2),
    Wrong(typed="up --port 0 --data {file}", said="a file stands where a folder is needed"),
    Wrong(typed="up --port 0 --data {file}/x", said="a file stands where a folder is needed"),
    Wrong(typed="up --port 0 --data {locked}/x", said="Permission denied", as_nobody=True),
    Wrong(typed="up --port 0 --data /proc/aftercall", said="/proc/aftercall: No such file"),
    _set("up --port 0", "the database or the broker cannot be reached", DATABASE_URL=DATABASE),
    _set("up --port 0", "AFTERCALL_DATABASE_URL: is no PostgreSQL URL", DATABASE_URL="mysql://x"),
    _set("up --port 0", "has an unknown sslmode", DATABASE_URL=f"{DATABASE}?sslmode=x"),
    Wrong(
        typed="up --port 0",
        said="AFTERCALL_CONTACT_PEPPER: is not set",
        environment={"AFTERCALL_DATABASE_URL": DATABASE, "AFTERCALL_CONTACT_PEPPER": ""},
    ),
    _set(
        "up --port 0",
        "AFTERCALL_CONTACT_PEPPER: at least 16 are needed",
        DATABASE_URL=DATABASE,
        CONTACT_PEPPER="short",
    ),
    _set(
        "up --port 0",
        "AFTERCALL_REQUESTS_PER_SECOND: a number is needed",
        DATABASE_URL=DATABASE,
        REQUESTS_PER_SECOND="many",
    ),
    _set(
        "up --port 0",
        "AFTERCALL_LOG_LEVEL: must be one of DEBUG",
        DATABASE_URL=DATABASE,
        LOG_LEVEL="LOUD",
    ),
    _set("up --port 0", "AFTERCALL_MASTER_KEYS: ", DATABASE_URL=DATABASE, MASTER_KEYS="1:x"),
    _set("topics create", "AFTERCALL_KAFKA_USER is not set", KAFKA_SECURITY="SASL_SSL"),
    _set(
        "topics create",
        "AFTERCALL_KAFKA_SECURITY: must be ",
        KAFKA_BOOTSTRAP_SERVERS="x:1",
        KAFKA_SECURITY="TLS",
    ),
    _set("topics create", "no topic can be made", KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1"),
    _set("db upgrade", "the database cannot be used", DATABASE_URL=DATABASE),
    _set("db upgrade", "AFTERCALL_DATABASE_URL: is no PostgreSQL URL", DATABASE_URL="db"),
    Wrong(typed="db upgrade --wait soon", said="a number is needed", status=2),
    Wrong(typed="demo --exit --json {folder}", said="is a folder: name a file in it"),
    Wrong(typed="demo --exit --json {folder}/a/b", said="cannot be written: there is no folder"),
    Wrong(typed="demo --json {locked}/out.json", said="you may not write there", as_nobody=True),
    Wrong(typed="demo --calls 5", said="must be at least 10", status=2),
)
ASKING = (
    Wrong(typed="scores", said="a key is needed: --key, or AFTERCALL_KEY", status=2),
    Wrong(typed="why +12025550101", said="a key is needed", status=2),
    Wrong(typed="why", said="Missing argument", status=2),
    Wrong(typed="apply {config}", said="a key is needed", status=2, config=ACME),
    Wrong(typed="secrets list", said="a key is needed", status=2),
    Wrong(typed="scores --key “ac_1_x”", said="a character that no key has: '“' (U+201C)"),
    Wrong(typed="scores --json --csv", said="--json or --csv, not both", environment=KEYED),
    Wrong(typed="scores", said="no platform answers at http://127.0.0.1:1", environment=KEYED),
    Wrong(typed="calls --url localhost:8080", said="begins with http://", environment=KEYED),
    Wrong(typed="calls --url http://[x", said="no platform answers", environment=KEYED),
    Wrong(typed="calls --url {elsewhere}", said="some other server", environment=KEYED, lines=1),
    Wrong(typed="calls --limit 0", said="must be at least 1", status=2, environment=KEYED),
    Wrong(typed="calls --limit 501", said="must be at most 500", status=2, environment=KEYED),
    Wrong(typed="get flows x", said="did you mean flow?", environment=KEYED),
    Wrong(typed="delete survy x", said="did you mean survey?", environment=KEYED),
    Wrong(typed="send-test-event --to 911", said="not a telephone number", environment=KEYED),
    Wrong(typed="send-test-event --vendor cisco", said="there are aircall", environment=KEYED),
    Wrong(typed="keys create x --scope raed", said="did you mean read?"),
    Wrong(typed="keys create x", said="Missing option '--scope'", status=2),
    Wrong(typed="keys list", said="no platform has kept anything in"),
    Wrong(typed="users add a@b.example --role boss", said="'boss' is not one of", status=2),
    Wrong(typed="users add a@b.example --role admin", said="Run `aftercall up` first"),
    Wrong(typed="dead show 7", said="a record is named TOPIC[PARTITION]@OFFSET"),
    Wrong(typed="secrets new-master-key 0", said="must be at least 1", status=2),
    Wrong(typed="certificates {folder} --server kafka", said="each is NAME=HOST,HOST"),
    Wrong(typed="certificates {file} --server a=b", said="no certificate is made"),
    Wrong(typed="grants kafka --apply", said="AFTERCALL_KAFKA_BOOTSTRAP_SERVERS is not set"),
    Wrong(typed="grants postgres --apply", said="AFTERCALL_DATABASE_URL: is not set"),
)
FILES = (
    Wrong(typed="diff nowhere.yaml", said="No such file or directory", environment=KEYED),
    Wrong(typed="diff {folder}", said="Is a directory", environment=KEYED),
    _config("empty; expected sections", ""),
    _config("expected sections: workspaces, sources", "hello"),
    _config("expected sections", "- a\n"),
    _config(":2: not UTF-8: save it as UTF-8", b"a: 1\nb: \xff\n"),
    _config(":3: no YAML: ", "workspaces:\n  - {id: acme\n"),
    _config("indent by spaces, not by tabs", "workspaces:\n\t- id: acme\n"),
    _config(":3: name is there twice, first in line 2", "workspaces:\n- name: A\n  name: B\n"),
    _config("it contains itself, by an alias", "workspaces: &a [*a]\n"),
    _config("levels deep", "[" * 60 + "]" * 60),
    _config("levels deep", "[" * 5000 + "]" * 5000),
    _config("“id”: typographic quotes are no quotes: write id", "workspaces: [{“id”: acme}]\n"),
    _config("is not taken: write a text", "workspaces: !!python/object:os.system x\n"),
    _config(".nan is no number that can be used", "workspaces: [{id: a, daily_ceiling: .nan}]\n"),
    _config("workspaces must be a list: begin each with a dash", "workspaces: {id: acme}\n"),
    _config("after a line ---", "workspaces: [{id: a, name: A}, {id: b, name: B}]\n"),
    _config(":1: flowz: unknown; there are workspaces", "flowz: [{id: a}]\n"),
    _config("workspaces.0.name: is missing", "workspaces: [{id: acme}]\n"),
)
FIELDS = (
    _workspace("colour: there is no such field; there are call_ceiling,", "colour: red"),
    _workspace("nmae: there is no such field; did you mean name?", "nmae: Acme"),
    _workspace("countries: a list is needed", "countries: IN"),
    _workspace("countries.0: a country is written as two capitals", "countries: [India]"),
    _workspace("zone: not a time zone of the IANA database", "zone: Mars/North"),
    _workspace("daily_ceiling: a number is needed, not yes or no", "daily_ceiling: no"),
    _workspace("daily_ceiling: a whole number is needed", "daily_ceiling: many"),
    _workspace("daily_ceiling: must be at least 0", "daily_ceiling: -1"),
    _workspace("caps.0.per: a duration is written 90s", "caps: [{asks: 1, per: week}]"),
    _workspace("caps.0.per: must be at least 1m", "caps: [{asks: 1, per: 1s}]"),
    _workspace("caps.0.asks: is missing", "caps: [{per: 7d}]"),
    _workspace("links.review: a mapping of fields", "links: {review: x}"),
    _section(
        "sources.0.secrets.0: a secret is a reference",
        "sources: [{id: a, vendor: aircall, secrets: [hunter2]}]\n",
    ),
    _section("numbers.0.number: not a telephone number", "numbers: [{number: '12'}]\n"),
    _section(
        "surveys.0.metric: must be 'csat', 'nps'",
        "surveys: [{id: s, metric: nsp, questions: []}]\n",
        2,
    ),
    _section("there is no sms by twillio", "accounts: [{id: a, provider: twillio, senders: []}]\n"),
    _section("flows.0: must be a mapping", "flows: [f]\n"),
    _section("the same as flows.0", "flows: [{id: f, survey: s}, {id: f, survey: s}]\n"),
    _section("there is no survey none", "flows: [{id: f, survey: none}]\n"),
    _flow("when.queue: there is no such field; did you mean queues?", "when: {queue: [a]}"),
    _flow("enabled: true or false is needed", "enabled: maybe"),
    _flow("sampling_rate: must be at most 1", "sampling_rate: 50"),
    _flow("plan.0.channel: must be 'sms'", "plan: [{channel: pigeon}]"),
    _flow("call_hours: ", "call_hours: 9-20"),
)
EVENTS = (
    Wrong(typed="verify-event nowhere.json", said="nowhere.json: No such file"),
    Wrong(typed="verify-event {body} --at noon", said="no time such as 2026"),
    Wrong(typed="verify-event {body} --source pbx", said="there is no source pbx"),
    Wrong(
        typed="verify-event {body} --key ac_1_x",
        said="no platform answers",
        environment=KEYED,
        lines=2,
    ),
)
# What came with audiences, lists, secrets, versions and dry runs.
SINCE = (
    Wrong(typed="doctor --port 99999", said="--port': must be at most 65535", status=2),
    Wrong(
        typed="topics create --source 'my source'",
        said="--source my source: small letters, digits, - and _",
    ),
    Wrong(typed="keys list --data {folder}", said="no platform has kept anything in"),
    Wrong(typed="keys revoke", said="Missing argument 'ID'", status=2),
    Wrong(typed="users add a@b.example", said="Missing option '--role'", status=2),
    Wrong(typed="users link a@b.example", said="no platform has kept anything in"),
    Wrong(typed="rebuild-rollups --data {folder}", said="no platform has kept anything in"),
    Wrong(typed="secrets set token hunter2", said="the value is no argument", status=2),
    Wrong(typed="secrets reseal", said="no platform has kept anything in"),
    Wrong(typed="contacts export", said="Missing argument 'address'", status=2),
    Wrong(typed="contacts export +12025550101", said="a key is needed", status=2),
    Wrong(typed="contacts merge a b", said="No such command 'merge'", status=2),
    Wrong(typed="contacts erase +12025550101 --wait=-1", said="must be at least 0", status=2),
    Wrong(typed="contacts erase +12025550101", said="say --yes, if so", environment=KEYED),
    Wrong(typed="contacts unlink +12025550101", said="no platform answers", environment=KEYED),
    Wrong(typed="audience load spring no.csv", said="no.csv cannot be read", environment=KEYED),
    Wrong(typed="audience load spring {folder}", said="Is a directory", environment=KEYED),
    Wrong(
        typed="audience load spring {file}",
        said="needs a first line that names its columns",
        environment=KEYED,
    ),
    Wrong(
        typed="audience load spring {body}",
        said="is no CSV in UTF-8: save it as one",
        environment=KEYED,
        body="address\n+12025550101\n".encode("utf-16"),
    ),
    Wrong(typed="audience start spring --per-hour many", said="a whole number is needed", status=2),
    Wrong(typed="audience stop spring", said="No such command 'stop'", status=2),
    Wrong(typed="audience drop spring", said="say --yes, if so", environment=KEYED),
    Wrong(typed="dnc load registry no.csv", said="no.csv cannot be read", environment=KEYED),
    Wrong(
        typed="dnc load registry {body}",
        said="no text in UTF-8, save it as one",
        environment=KEYED,
        body="+12025550101\n".encode("utf-16"),
    ),
    Wrong(typed="dnc load registry {file}", said="no line with an address", environment=KEYED),
    Wrong(typed="legal-notice acknowledge", said="a key is needed", status=2),
    Wrong(typed="history flows f", said="did you mean flow?", environment=KEYED),
    Wrong(typed="restore flow f one", said="a whole number is needed", status=2),
    Wrong(
        typed="preview f --channel fax",
        said="there is no channel fax; there are sms, whatsapp, ivr",
        environment=KEYED,
    ),
    Wrong(typed="dry-run x.yaml", said="Missing option '--from'", status=2),
    Wrong(typed="dry-run --from 2026-01-05", said="either a file is played, or --draft", status=2),
    Wrong(typed="drafts publish", said="say which, such as flow/billing, or --all", status=2),
    Wrong(typed="drafts publish billing", said="a draft is named KIND/ID", status=2),
    Wrong(typed="dry-run x.yaml --from yesterday", said="a day is needed, such as 2026-", status=2),
    *(
        Wrong(
            typed=f"dry-run {{config}} --from 2026-01-05 --price {price}",
            said=said,
            status=2,
            environment=KEYED,
            config=ACME,
        )
        for price, said in (
            ("sms", "--price sms: not such as sms=0.0079"),
            ("sms=cheap", "--price sms=cheap: not such as sms=0.0079"),
            ("fax=1", "there is no channel fax; there are sms, whatsapp, ivr"),
        )
    ),
    Wrong(typed="calls --url {elsewhere_tls}", said="speaks http, not https", environment=KEYED),
    _workspace("opt_out_scope: must be 'channel' or 'all'", "opt_out_scope: every"),
    _workspace("retention.calls: there is no such field", "retention: {calls: 90d}"),
    _workspace("retention.decisions: must be at least 90d", "retention: {decisions: 1d}"),
    _registered("accounts.0.dlt: a mapping of fields", "yes"),
    _registered("templates: is missing", "{entity: '1101234567890123456'}"),
    _registered(
        "entity: an id that is registered in India is 10 to 25 digits",
        "{entity: x, templates: [{id: '1107234567890123456', header: ACME, text: 'Hi {#var#}'}]}",
    ),
    _registered(
        "header: a header that is registered in India is 3 to 6 letters",
        "{entity: '1101234567890123456',"
        " templates: [{id: '1107234567890123456', header: A, text: 'Hi {#var#}'}]}",
    ),
)
TABLE = (*STARTING, *ASKING, *FILES, *FIELDS, *EVENTS, *SINCE)
