"""Composition root: `python -m common.process whatsapp_sender.app:app`."""

from dataclasses import dataclass
from datetime import timedelta

from channel.account_secrets import AccountSecrets
from channel.endpoints import routes
from channel.sender import ChannelSender
from channel.store.schema import Schema
from common.events.values import Channel
from common.process.runtime import Needs, Runtime, Service, Tasks
from common.process.service import serve
from whatsapp_sender.endpoints import states
from whatsapp_sender.providers import PROVIDERS
from whatsapp_sender.renderer import WhatsAppRenderer
from whatsapp_sender.service.fitting import WhatsAppFitting
from whatsapp_sender.service.numbers import Numbers
from whatsapp_sender.service.templates import Templates
from whatsapp_sender.settings import WhatsAppSettings

NAME = "whatsapp_sender"
CALLBACK_BODY = 4 * 1024 * 1024  # bytes: Meta tells up to 1,000 changes in a request


@dataclass(slots=True, kw_only=True)
class WhatsAppSender(ChannelSender):
    """What the endpoints get."""

    templates: Templates


async def start(runtime: Runtime, tasks: Tasks) -> WhatsAppSender:
    """Puts the channel kit together for WhatsApp and starts its tasks."""
    settings = WhatsAppSettings()
    templates = Templates(
        db=runtime.db,
        config=runtime.config,
        secrets=AccountSecrets(runtime.secrets, runtime.settings.outside),
        http=runtime.http,
        numbers=Numbers(runtime.db, runtime.clock),
        clock=runtime.clock,
        every=timedelta(seconds=settings.templates_seconds),
    )
    sender = WhatsAppSender(
        runtime=runtime,
        name=NAME,
        channel=Channel.WHATSAPP,
        providers=PROVIDERS,
        renderer=WhatsAppRenderer(),
        claim_life=timedelta(seconds=settings.claim_seconds),
        fitting=WhatsAppFitting(schema=Schema(NAME)),
        keeps_windows=True,
        longest_callback=CALLBACK_BODY,
        on_account=templates.wake,
        template_states=templates.states,
        templates=templates,
    )
    tasks.spawn("templates", templates.run())
    sender.spawn(tasks)
    return sender


service = Service(
    NAME,
    [states(WhatsAppSender), routes("/v1/whatsapp", WhatsAppSender)],
    start,
    migrations=["channel", NAME],
    needs=Needs.EITHER,  # a callback is stored where there is a place for it
)
app = serve(service)
