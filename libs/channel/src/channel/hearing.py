"""What a person's message does: keywords first, then the dialogue it belongs to. Pure."""

from dataclasses import replace
from datetime import timedelta

from channel import delivery
from channel.delivery import Send, SendKind, Status
from channel.desk import Desk, key_of
from channel.dialogues import Found
from channel.inbox import Done, Entry
from channel.outcomes import Inbound
from channel.sends import NewSend
from channel.unmatched import Unmatched
from common import dialogue
from common.answers import Keyword, read_keyword
from common.config import Account
from common.dialogue import Advanced, Reply, Stage
from common.events.consent import ConsentState
from common.events.questionnaire import Texts
from common.ids import derived
from common.render import plain, render

REPLY_LIFE = timedelta(hours=1)  # thanks that come later only puzzle


def hear(desk: Desk, entry: Entry, inbound: Inbound) -> None:
    """Works one message off."""
    key = desk.belongs.get(entry.id)
    found = desk.dialogues[key] if key else None
    keyword = _keyword(desk, entry, inbound, found)
    if keyword is not None:
        _obey(desk, entry, inbound, keyword=keyword, found=found)
    elif found is None:
        _keep(desk, entry, inbound, why="no_dialogue")
        desk.finish(entry, "no_dialogue")
    else:
        _converse(desk, entry, inbound, found=found)


def _keyword(desk: Desk, entry: Entry, inbound: Inbound, found: Found | None) -> Keyword | None:
    """What the carrier read counts only where it cannot be an answer; STOP counts always."""
    if entry.callback.stop:
        return Keyword.STOP
    asked = found is not None and _is_open(found, entry)
    language = found.step.questionnaire.language if found else "en"
    read = read_keyword(inbound.text, language, question_open=asked)
    suppressed = desk.suppressed.get(entry.callback.contact_id, False)
    if read is Keyword.START and not suppressed:  # YES brings back only who had gone
        return read_keyword(inbound.text, language, question_open=True)
    if read is None and inbound.keyword == Keyword.START and suppressed:
        return Keyword.START
    if read is None and inbound.keyword == Keyword.HELP and not asked:
        return Keyword.HELP
    return read


def _is_open(found: Found, entry: Entry) -> bool:
    state = found.state
    return state.stage is Stage.ASKING and entry.callback.received_at < state.expires_at


def _obey(
    desk: Desk, entry: Entry, inbound: Inbound, *, keyword: Keyword, found: Found | None
) -> None:
    texts = found.step.questionnaire.texts if found else Texts()
    match keyword:
        case Keyword.STOP:
            callback = entry.callback
            new = not (callback.stopped_before or desk.suppressed.get(callback.contact_id, False))
            first = new or (callback.stop and not callback.stopped_before)
            desk.consent(
                entry,
                ConsentState.WITHDRAWN,
                source="reply",
                evidence="replied STOP",
                known=callback.stop,
            )
            said = texts.stopped if first else ""
        case Keyword.START:
            desk.consent(entry, ConsentState.GRANTED, source="reply", evidence="replied START")
            said = texts.started
        case Keyword.HELP:
            said = texts.help
    account = _account(desk, entry)
    if said and account and not account.answers_stop:
        brand = desk.config.workspaces[entry.callback.workspace].workspace.name
        text = render(said, {"brand": brand})
        _reply(desk, entry, inbound, text=text, despite_stop=keyword is Keyword.STOP)
    desk.finish(entry, keyword.value)


def _converse(desk: Desk, entry: Entry, inbound: Inbound, *, found: Found) -> None:
    received_at = entry.callback.received_at
    questionnaire = found.step.questionnaire
    late = found.state.stage is Stage.CLOSED or received_at >= found.state.expires_at
    went = dialogue.advance(questionnaire, found.state, Reply(inbound.text), now=received_at)
    desk.dialogues[key_of(found)] = replace(found, state=went.state)
    if went.state != found.state:
        desk.touched.add(key_of(found))
    desk.move(delivery.answered(desk.sends[found.send_id], received_at))
    for output in went.outputs:
        text = dialogue.spoken(questionnaire, output, found.step.variables)
        _reply(desk, entry, inbound, text=text, step=found)
    if went.unmatched:
        _keep(desk, entry, inbound, why="late" if late else "unreadable")
    if went.changed:
        _answer(desk, entry, found=found, went=went)
    elif went.unmatched:
        desk.finish(entry, "late" if late else "unreadable")
    else:
        desk.finish(entry, "same")


def _answer(desk: Desk, entry: Entry, *, found: Found, went: Advanced) -> None:
    step = found.step
    response = dialogue.response_of(
        step.questionnaire,
        went.state,
        invitation_id=step.invitation_id,
        interaction_id=step.interaction_id,
        contact_id=step.contact_id,
        channel=desk.teller.channel,
        test=step.test,
    )
    desk.told.append(desk.teller.response(response, workspace=found.workspace))
    desk.done.append(
        Done(
            id=entry.id,
            outcome="answer",
            response_id=response.id,
            response_revision=response.revision,
        )
    )


def _reply(
    desk: Desk,
    entry: Entry,
    inbound: Inbound,
    *,
    text: str,
    step: Found | None = None,
    despite_stop: bool = False,
) -> None:
    """At most one per message, under an id derived from it."""
    callback = entry.callback
    send = Send(
        id=derived("reply", callback.provider, callback.event_key),
        kind=SendKind.REPLY,
        workspace=callback.workspace,
        contact_id=callback.contact_id,
        state=Status.QUEUED,
        due_at=desk.now,
        expires_at=desk.now + REPLY_LIFE,
        provider=callback.provider,
        account=callback.account,
        sender=inbound.our_number,
        invitation_id=step.invitation_id if step else None,
        test=step.step.test if step else False,
    )
    desk.replies.append(
        NewSend(send=send, address=inbound.address, text=text, despite_stop=despite_stop)
    )


def _keep(desk: Desk, entry: Entry, inbound: Inbound, *, why: str) -> None:
    callback = entry.callback
    desk.unmatched.append(
        Unmatched(
            id=derived("message", callback.provider, callback.event_key),
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


def _account(desk: Desk, entry: Entry) -> Account | None:
    workspace = desk.config.workspaces.get(entry.callback.workspace)
    return workspace.accounts.get(entry.callback.account) if workspace else None
