"""Composition root: `python -m common.process sms_sender.app:app`."""

from datetime import timedelta

from channel.endpoints import routes
from channel.sender import ChannelSender
from common.events.values import Channel
from common.process.runtime import Needs, Runtime, Service, Tasks
from common.process.service import serve
from sms_sender.providers import PROVIDERS
from sms_sender.renderer import SmsRenderer
from sms_sender.service import SmsFitting
from sms_sender.settings import SmsSettings


class SmsSender(ChannelSender):
    """What the endpoints get."""


async def start(runtime: Runtime, tasks: Tasks) -> SmsSender:
    """Puts the channel kit together for SMS and starts its tasks."""
    sender = SmsSender(
        runtime=runtime,
        name="sms_sender",
        channel=Channel.SMS,
        providers=PROVIDERS,
        renderer=SmsRenderer(),
        claim_life=timedelta(seconds=SmsSettings().claim_seconds),
        fitting=SmsFitting(config=runtime.config),
    )
    sender.spawn(tasks)
    return sender


service = Service(
    "sms_sender",
    [routes("/v1/sms", SmsSender)],
    start,
    migrations=["channel"],
    needs=Needs.EITHER,  # a callback is stored where there is a place for it
)
app = serve(service)
