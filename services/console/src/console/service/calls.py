"""One call and why: what came, what was decided, every step and message, the answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from console.service.apis import Answer, Apis

# Channel -> its delivery log.
SENDS: Mapping[str, str] = {one: f"{one}/sends" for one in ("sms", "ivr", "whatsapp")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """`sends`: id of a step or note -> what its sender logged, as far as it could be asked."""

    decision: Answer
    invitation: Answer | None
    sends: Mapping[str, Mapping[str, Any]]
    response: Mapping[str, Any] | None


async def story(apis: Apis, interaction: str) -> Story:
    decision = await apis.get(f"decisions/{interaction}")
    if not decision.ok:
        return Story(decision=decision, invitation=None, sends={}, response=None)
    invited = decision.body["invitation_id"]
    invitation = await apis.get(f"invitations/{invited}") if invited else None
    sends = await _sends(apis, invitation) if invitation and invitation.ok else {}
    answered = await apis.get(f"responses/{interaction}") if invited else None
    return Story(
        decision=decision,
        invitation=invitation,
        sends=sends,
        response=answered.body if answered and answered.ok else None,
    )


async def _sends(apis: Apis, invitation: Answer) -> dict[str, Mapping[str, Any]]:
    wanted = [
        (str(step["id"]), f"{SENDS[step['channel']]}/{step['id']}")
        for step in invitation.body["steps"]
        if step["channel"] in SENDS and step["state"] not in ("planned", "waiting", "passed_over")
    ]
    note = invitation.body.get("note")
    if note and note["channel"] in SENDS:
        wanted.append((str(note["id"]), f"{SENDS[note['channel']]}/{note['id']}"))
    answers = await apis.all(*((path, ()) for _, path in wanted))
    return {
        step: answer.body for (step, _), answer in zip(wanted, answers, strict=True) if answer.ok
    }
