"""What a person's message does: keywords first, then the dialogue it belongs to. Pure."""

from dataclasses import replace
from datetime import timedelta

from channel.content import Content
from channel.incoming.contact_work import ContactWork
from channel.incoming.entries import Entry
from channel.incoming.ringing import Taken
from channel.incoming.unmatched import Unmatched
from channel.store import delivery
from channel.store.delivery import Send, SendKind
from channel.store.dialogues import Found, Opened
from channel.store.outcomes import InboundMessage
from channel.store.sends import NewSend
from common import dialogue
from common.answers import Keyword, read_keyword
from common.config import Account
from common.dialogue import Advanced, Reply, Silence, Stage, Tap
from common.events.consent import ConsentState
from common.events.questionnaire import Texts
from common.events.sends import DeliveryStatus
from common.ids import derived
from common.render import plain, render

FOLLOW_UP_LIFE = timedelta(hours=1)  # thanks that come later only puzzle


def handle(work: ContactWork, entry: Entry, inbound: InboundMessage) -> None:
    """Works one message off."""
    if inbound.rings:
        _ask_on_the_line(work, entry, inbound)
        return
    key = work.belongs.get(entry.id)
    found = work.dialogues[key] if key else None
    keyword = _keyword(work, entry, inbound, found)
    if keyword is not None:
        _obey(work, entry, inbound, keyword=keyword, found=found)
    elif found is None:
        _keep(work, entry, inbound, why="no_dialogue")
        work.finish(entry, "no_dialogue")
    else:
        _converse(work, entry, inbound, found=found)


def _ask_on_the_line(work: ContactWork, entry: Entry, inbound: InboundMessage) -> None:
    """What waits for them, if anything does and may: then nobody calls them for it any more."""
    waiting, callback = work.rung.get(entry.id), entry.callback
    send = work.sends.get(waiting.send) if waiting else None
    if (
        waiting is None
        or send is None
        or send.state is not DeliveryStatus.QUEUED
        or waiting.content is None
        or work.suppressed.get(callback.contact, False)
        or not _flow_is_on(work, entry, waiting.flow_id)
    ):
        work.finish(entry, "nothing_waits")
        return
    at = callback.received_at
    work.move(delivery.rung(send, at, call=callback.message_id))
    work.taken.append(Taken(send=send.key, account=callback.account, our_number=inbound.our_number))
    if send.invitation_id is not None:
        work.opened.append(
            Opened(
                our_number=inbound.our_number,
                contact_id=callback.contact_id,
                invitation_id=send.invitation_id,
                workspace=callback.workspace,
                opened_at=at,
                answers_until=waiting.answers_until or send.expires_at,
            )
        )
    work.contents[entry.id] = waiting.content
    work.finish(entry, "asked")


def _flow_is_on(work: ContactWork, entry: Entry, flow_id: str | None) -> bool:
    workspace = work.config.workspaces.get(entry.callback.workspace)
    flow = workspace.flows.get(flow_id or "") if workspace else None
    return flow is not None and flow.enabled


def _keyword(
    work: ContactWork, entry: Entry, inbound: InboundMessage, found: Found | None
) -> Keyword | None:
    """What the carrier read counts only where it cannot be an answer; STOP counts always."""
    if entry.callback.stop:
        return Keyword.STOP
    if inbound.choice is not None:
        return None
    asked = found is not None and _is_open(found, entry)
    language = found.step.questionnaire.language if found else "en"
    read = read_keyword(inbound.text, language, question_open=asked)
    suppressed = work.suppressed.get(entry.callback.contact, False)
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
    work: ContactWork,
    entry: Entry,
    inbound: InboundMessage,
    *,
    keyword: Keyword,
    found: Found | None,
) -> None:
    texts = found.step.questionnaire.texts if found else Texts()
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
            said = texts.stopped if first else ""
        case Keyword.START:
            work.consent(entry, ConsentState.GRANTED, source="reply", evidence="replied START")
            said = texts.started
        case Keyword.HELP:
            said = texts.help
    account = _account(work, entry)
    if said and account and not account.answers_stop and not inbound.in_app:
        brand = work.config.workspaces[entry.callback.workspace].workspace.name
        language = found.step.questionnaire.language if found else "en"
        content = work.renderer.notice(render(said, {"brand": brand}), language)
        _follow_up(work, entry, inbound, content=content, despite_stop=keyword is Keyword.STOP)
    work.finish(entry, keyword.value)


def _converse(work: ContactWork, entry: Entry, inbound: InboundMessage, *, found: Found) -> None:
    received_at = entry.callback.received_at
    questionnaire = found.step.questionnaire
    late = found.state.stage is Stage.CLOSED or received_at >= found.state.expires_at
    said: Reply | Silence | Tap = Silence() if inbound.silent else Reply(inbound.text)
    if inbound.choice is not None:
        said = Tap(inbound.choice.question_id, inbound.choice.value)
    went = dialogue.advance(questionnaire, found.state, said, now=received_at)
    work.dialogues[found.key] = replace(found, state=went.state)
    if went.state != found.state:
        work.touched.add(found.key)
    work.move(delivery.answered(work.sends[found.send], received_at))
    for output in went.outputs:
        content = work.renderer.follow_up(questionnaire, output, found.step.variables)
        _follow_up(work, entry, inbound, content=content, step=found)
    if went.unmatched:
        _keep(work, entry, inbound, why="late" if late else "unreadable")
    if went.changed:
        _answer(work, entry, found=found, went=went)
    elif went.unmatched:
        work.finish(entry, "late" if late else "unreadable")
    else:
        work.finish(entry, "same")


def _answer(work: ContactWork, entry: Entry, *, found: Found, went: Advanced) -> None:
    step = found.step
    response = dialogue.response_of(
        step.questionnaire,
        went.state,
        invitation_id=step.invitation_id,
        interaction_id=step.interaction_id,
        contact_id=step.contact_id,
        channel=work.events.channel,
        test=step.test,
    )
    work.messages.append(work.events.response(response, workspace=found.workspace))
    work.finish(entry, "answer", response_id=response.id, response_revision=response.revision)


def _follow_up(
    work: ContactWork,
    entry: Entry,
    inbound: InboundMessage,
    *,
    content: Content,
    step: Found | None = None,
    despite_stop: bool = False,
) -> None:
    """At most one per message, under an id derived from it; or the answer to its request."""
    callback = entry.callback
    if callback.awaits_content:
        work.contents[entry.id] = content
        return
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
    work.follow_ups.append(NewSend(send=send, address=inbound.address, content=content))


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
