"""What a person's message does: keywords first, then the dialogue it belongs to. Pure."""

from dataclasses import replace
from datetime import timedelta

from channel.content import Content
from channel.incoming.answering import may_answer
from channel.incoming.contact_work import ContactWork
from channel.incoming.entries import Entry
from channel.incoming.kinds import is_machine, keyword_of, may_opt_out, said_at
from channel.incoming.on_the_line import ask
from channel.incoming.unmatched import Unmatched, quoted
from channel.linking import about
from channel.rendering import Ending
from channel.store import delivery
from channel.store.delivery import Send, SendKind
from channel.store.dialogues import Found
from channel.store.links import Told
from channel.store.outcomes import InboundMessage
from channel.store.sends import NewSend
from common import dialogue
from common.answers import (
    Keyword,
    Wish,
    read_opt_out,
    says_something,
)
from common.config import Account
from common.dialogue import Advanced, Output, Reply, Said, Silence, Stage, Tap
from common.events.consent import ConsentState
from common.events.questionnaire import Texts
from common.events.sends import DeliveryStatus
from common.ids import derived
from common.render import plain, render

FOLLOW_UP_LIFE = timedelta(hours=1)  # thanks that come later only puzzle


def handle(work: ContactWork, entry: Entry, inbound: InboundMessage) -> None:
    """Works one message off."""
    if inbound.rings:
        ask(work, entry, inbound)
        return
    key = work.belongs.get(entry.id)
    found = work.dialogues[key] if key else None
    keyword = keyword_of(work, entry, inbound, found)
    if keyword is not None:
        _obey(work, entry, inbound, keyword=keyword, found=found)
    elif is_machine(entry, inbound, found):
        _set_apart(work, entry, inbound, why="machine")
    elif not inbound.unsure and may_opt_out(work, entry, inbound, found):
        _doubt(work, entry, inbound, found=found)
    elif found is None:
        _set_apart(work, entry, inbound, why="no_dialogue")
    else:
        _converse(work, entry, inbound, found=found)


def _doubt(
    work: ContactWork, entry: Entry, inbound: InboundMessage, *, found: Found | None
) -> None:
    """No further text, and no ask, until a person has looked at it."""
    evidence = f"may be an opt-out: “{quoted(inbound.text)}”"
    work.consent(entry, ConsentState.DOUBTED, source="reply", evidence=evidence)
    if found is not None:
        ended = replace(dialogue.close(found.state), told_closed=True)
        work.dialogues[found.key] = replace(found, state=ended)
        work.touched.add(found.key)
        work.move(delivery.answered(work.sends[found.send], entry.callback.received_at))
    _set_apart(work, entry, inbound, why="may_be_opt_out")


def _set_apart(work: ContactWork, entry: Entry, inbound: InboundMessage, *, why: str) -> None:
    """Kept for people to see, and answered by nothing."""
    _keep(work, entry, inbound, why=why)
    work.finish(entry, why)


def _obey(
    work: ContactWork,
    entry: Entry,
    inbound: InboundMessage,
    *,
    keyword: Keyword,
    found: Found | None,
) -> None:
    texts = found.questionnaire.texts if found else Texts()
    answer: dict[str, object] = {}
    match keyword:
        case Keyword.STOP:
            callback = entry.callback
            new = not (callback.stopped_before or work.suppressed.get(callback.contact, False))
            first = new or (callback.stop and not callback.stopped_before)
            work.consent(
                entry,
                ConsentState.WITHDRAWN,
                source="reply",
                evidence="replied STOP",
                known=callback.stop,
            )
            answer = _keep_score(work, entry, inbound, found) if found else {}
            said = texts.stopped if first else ""
        case Keyword.START:
            at, evidence = said_at(entry, inbound), "replied START"
            work.consent(entry, ConsentState.GRANTED, source="reply", evidence=evidence, at=at)
            said = texts.started
        case Keyword.HELP:
            said = texts.help
    account = _account(work, entry)
    if said and account and not account.answers_stop and not inbound.in_app:
        brand = work.config.workspaces[entry.callback.workspace].workspace.name
        language = found.questionnaire.language if found else "en"
        content = work.renderer.notice(render(said, {"brand": brand}), language)
        _follow_up(
            work,
            entry,
            inbound,
            content=content,
            despite_stop=keyword is Keyword.STOP,
            stranger=found is None,
        )
    work.finish(entry, keyword.value, **answer)


def _keep_score(
    work: ContactWork, entry: Entry, inbound: InboundMessage, found: Found
) -> dict[str, object]:
    """What a message answers beside its STOP counts, too; nothing is said to it."""
    questionnaire, received_at = found.questionnaire, entry.callback.received_at
    rest = read_opt_out(inbound.text, [questionnaire.language]).rest
    if not says_something(rest) or read_opt_out(rest, [questionnaire.language]).wish is Wish.SURE:
        return {}
    went = dialogue.advance(questionnaire, found.state, Reply(rest), now=received_at)
    if not went.changed or went.state.scored_at is None:
        return {}
    work.dialogues[found.key] = replace(found, state=went.state)
    work.touched.add(found.key)
    work.move(delivery.answered(work.sends[found.send], received_at))
    return _publish(work, found=found, went=went)


def _converse(work: ContactWork, entry: Entry, inbound: InboundMessage, *, found: Found) -> None:
    received_at = entry.callback.received_at
    late = found.state.stage is Stage.CLOSED or received_at >= found.state.expires_at
    said: Reply | Silence | Tap = Silence() if inbound.silent else Reply(inbound.text)
    if inbound.unsure:
        said = Reply("")  # asked again: a wrong score is worse than a second question
    if inbound.choice is not None:
        said = Tap(inbound.choice.question_id, inbound.choice.value)
    went = dialogue.advance(found.step.questionnaire, found.state, said, now=received_at)
    work.dialogues[found.key] = replace(found, state=went.state)
    questionnaire = dialogue.spoken_in(found.step.questionnaire, went.state)
    if went.state != found.state:
        work.touched.add(found.key)
    work.move(delivery.answered(work.sends[found.send], received_at))
    for output in went.outputs:
        told = _links(work, replace(found, state=went.state), output)
        variables = {**found.step.variables, **work.linking.variables(told)}
        content = work.renderer.follow_up(questionnaire, output, variables)
        if output.kind is Said.THANKS:
            content = work.closing(content, _ending(work, entry, inbound, found, went))
        if _follow_up(work, entry, inbound, content=content, step=found):
            work.links += told
    if went.unmatched:
        _keep(work, entry, inbound, why="late" if late else "unreadable")
    if went.changed:
        work.finish(entry, "answer", **_publish(work, found=found, went=went))
    elif went.unmatched:
        work.finish(entry, "late" if late else "unreadable")
    else:
        work.finish(entry, "same")


def _ending(
    work: ContactWork, entry: Entry, inbound: InboundMessage, found: Found, went: Advanced
) -> Ending:
    config = work.config.workspaces.get(found.workspace)
    questionnaire = dialogue.spoken_in(found.step.questionnaire, went.state)
    return Ending(
        questionnaire=questionnaire,
        band=dialogue.band_so_far(questionnaire, went.state),
        flow=config.flows.get(found.step.flow_id) if config else None,
        zone=config.workspace.zone if config else "UTC",
        our_number=inbound.our_number,
        now=entry.callback.received_at,
    )


def _links(work: ContactWork, found: Found, output: Output) -> list[Told]:
    config = work.config.workspaces.get(found.workspace)
    return work.linking.links(output.text, about(found), config, work.now)


def _publish(work: ContactWork, *, found: Found, went: Advanced) -> dict[str, object]:
    """The response as it is now; returns what says so of its message."""
    step = found.step
    response = dialogue.response_of(
        dialogue.spoken_in(step.questionnaire, went.state),
        went.state,
        invitation_id=step.invitation_id,
        interaction_id=step.interaction_id,
        contact_id=step.contact_id,
        channel=work.events.channel,
        test=step.test,
    )
    work.messages.append(work.events.response(response, workspace=found.workspace))
    return {"response_id": response.id, "response_revision": response.revision}


def _follow_up(
    work: ContactWork,
    entry: Entry,
    inbound: InboundMessage,
    *,
    content: Content,
    step: Found | None = None,
    despite_stop: bool = False,
    stranger: bool = False,
) -> bool:
    """At most one per message, under an id derived from it; or the answer to its request.

    False: it may not be said.
    """
    callback = entry.callback
    if callback.awaits_content:
        work.contents[entry.id] = content
        return True
    if not may_answer(work, entry, inbound):
        return False
    work.followed_up[callback.contact] += 1
    send = Send(
        id=derived("follow-up", *callback.key),
        kind=SendKind.FOLLOW_UP,
        workspace=callback.workspace,
        contact_id=callback.contact_id,
        state=DeliveryStatus.QUEUED,
        due_at=work.now,
        expires_at=work.now + FOLLOW_UP_LIFE,
        provider=callback.provider,
        account=callback.account,
        sender=inbound.our_number,
        invitation_id=step.invitation_id if step else None,
        test=step.step.test if step else False,
        despite_stop=despite_stop,
    )
    if stranger:
        work.strangers.add(send.id)
    work.follow_ups.append(NewSend(send=send, address=inbound.address, content=content))
    return True


def _keep(work: ContactWork, entry: Entry, inbound: InboundMessage, *, why: str) -> None:
    callback = entry.callback
    work.unmatched.append(
        Unmatched(
            id=derived("message", *callback.key),
            workspace=callback.workspace,
            account=callback.account,
            our_number=inbound.our_number,
            contact_id=callback.contact_id,
            address=inbound.address,
            text=plain(inbound.text),
            received_at=callback.received_at,
            why=why,
        )
    )


def _account(work: ContactWork, entry: Entry) -> Account | None:
    workspace = work.config.workspaces.get(entry.callback.workspace)
    return workspace.accounts.get(entry.callback.account) if workspace else None
