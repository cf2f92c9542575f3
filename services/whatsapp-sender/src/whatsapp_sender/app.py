"""Composition root: `uvicorn whatsapp_sender.app:app`."""

from datetime import timedelta

from channel.endpoints import routes
from channel.sender import ChannelSender
from common.events.values import Channel
from common.process.runtime import Runtime, Service, Tasks
from common.process.service import serve
from whatsapp_sender.providers import PROVIDERS
from whatsapp_sender.renderer import WhatsAppRenderer
from whatsapp_sender.settings import WhatsAppSettings


class WhatsAppSender(ChannelSender):
    """What the endpoints get."""


async def start(runtime: Runtime, tasks: Tasks) -> WhatsAppSender:
    """Puts the channel kit together for WhatsApp and starts its tasks."""
    sender = WhatsAppSender(
        runtime=runtime,
        name="whatsapp_sender",
        channel=Channel.WHATSAPP,
        providers=PROVIDERS,
        renderer=WhatsAppRenderer(),
        claim_life=timedelta(seconds=WhatsAppSettings().claim_seconds),
    )
    sender.spawn(tasks)
    return sender


service = Service(
    "whatsapp_sender", [routes("/v1/whatsapp", WhatsAppSender)], start, migrations=["channel"]
)
app = serve(service)
