"""Composition root: `uvicorn sms_sender.app:app`."""

from datetime import timedelta

from channel.sender import ChannelSender, Ports
from common.events.values import Channel
from common.process.runtime import Runtime, Service, Tasks
from common.process.service import serve
from sms_sender.endpoints import router
from sms_sender.service import (
    Listening,
    SmsCarrier,
    SmsPlanning,
    SmsSender,
    SmsUnderstanding,
    Tokens,
)
from sms_sender.settings import SmsSettings


async def start(runtime: Runtime, tasks: Tasks) -> SmsSender:
    """Builds the channel kit for SMS and starts its tasks."""
    tokens = Tokens()
    public_url = runtime.settings.public_url.rstrip("/")
    carrier = SmsCarrier(public_url=public_url, tokens=tokens, clock=runtime.clock)
    ports = Ports(carrier=carrier, planning=SmsPlanning(), understanding=SmsUnderstanding())
    claim_life = timedelta(seconds=SmsSettings().claim_seconds)
    kit = ChannelSender(runtime, "sms_sender", Channel.SMS, ports, claim_life)
    listening = Listening(
        config=runtime.config,
        receiver=kit.receiver,
        tokens=tokens,
        pepper=runtime.pepper,
        clock=runtime.clock,
    )
    kit.spawn(tasks)
    return SmsSender(kit=kit, listening=listening, public_url=public_url)


service = Service("sms_sender", [router], start, migrations=["channel"])
app = serve(service)
