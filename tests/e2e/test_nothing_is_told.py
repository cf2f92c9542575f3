"""Numbers, names, words and secrets of a journey are in no log line, metric or error."""

from collections.abc import Mapping
from functools import partial

from tests.e2e.world import SECRETS, Tenant, World, admitted, source, until

NUMBER, OTHER = "+12025550177", "+12025550188"
NAME, WORDS, GUESS = "Quokkaline", "xylophones never queue", "a-guessed-secret-of-mine"


async def test_what_people_say_and_what_opens_doors_is_told_nobody(world: World) -> None:
    tenant = await world.tenant("canaries")
    errors = [await _wrong(tenant, body) for body in (_odd(tenant), "{", '{"id": 1}')]
    await tenant.ends("call-1", NUMBER, customer_name=NAME)
    await until(partial(_is_asked, tenant))
    for text in (WORDS, f"2 {WORDS}", "HELP", "STOP"):
        await world.carrier.receive(NUMBER, tenant.sender, body=text, account=tenant.sid)
    url = world.url(f"/v1/sources/{source(tenant.name, 'aircall')}/calls/{GUESS}")
    guessed = await admitted(lambda: world.http.post(url, json={}))
    wrong = {"authorization": f"Bearer ac_guess_{GUESS}"}
    refused = await admitted(lambda: world.http.get(world.url("/v1/scores"), headers=wrong))
    await tenant.quiet(calls=1)

    assert (guessed.status_code, refused.status_code) == (401, 401)
    told = {"errors": "\n".join((*errors, guessed.text, refused.text)), **await _told(world)}
    assert any(tenant.name in text for where, text in told.items() if where.endswith("log"))
    secrets = [*SECRETS.values(), GUESS, world.key, world.key.rpartition("_")[2]]
    for where, text in told.items():
        for canary in (NUMBER.lstrip("+"), OTHER.lstrip("+"), NAME, WORDS, *secrets):
            assert canary not in text, (where, canary)


def _odd(tenant: Tenant) -> str:
    return f'{{"call": {{"ref": ["{OTHER}"]}}, "customer": {{"phone": "{OTHER}"}}}}'


async def _wrong(tenant: Tenant, body: str) -> str:
    answer = await tenant.world.http.post(tenant.urls()["mapped-json"], content=body.encode())
    assert answer.status_code in (400, 422), answer.text
    return answer.text


async def _is_asked(tenant: Tenant) -> bool:
    return bool(tenant.asks())


async def _told(world: World) -> Mapping[str, str]:
    """By process: its log and its metrics."""
    found: dict[str, str] = {}
    for process in world.stack.all():
        metrics = await world.http.get(f"{process.internal_url}/metrics")
        found[f"{process.name} metrics"] = metrics.text
        found[f"{process.name} log"] = process.log.read_text(errors="replace")
    return found
