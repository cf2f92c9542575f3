"""Composition root: `python -m common.process ivr_gateway.app:app`."""

import asyncio
from datetime import timedelta
from operator import attrgetter

from channel.endpoints import routes
from channel.sender import ChannelSender
from common.answers import learn
from common.events.values import Channel
from common.process.runtime import Needs, Runtime, Service, Tasks
from common.process.service import serve
from ivr_gateway.domain.hearing import suited
from ivr_gateway.domain.transferring import put_through
from ivr_gateway.providers import PROVIDERS
from ivr_gateway.renderer import VoiceRenderer
from ivr_gateway.settings import IvrSettings


class IvrGateway(ChannelSender):
    """What the endpoints get."""


async def start(runtime: Runtime, tasks: Tasks) -> IvrGateway:
    """Puts the channel kit together for calls and starts its tasks."""
    await asyncio.to_thread(learn)  # the first who speaks must not wait for it
    gateway = IvrGateway(
        runtime=runtime,
        name="ivr_gateway",
        channel=Channel.IVR,
        providers=PROVIDERS,
        renderer=VoiceRenderer(),
        suited=suited,
        closing=put_through,
        ceiling=attrgetter("call_ceiling"),
        claim_life=timedelta(seconds=IvrSettings().claim_seconds),
    )
    gateway.spawn(tasks)
    return gateway


service = Service(
    "ivr_gateway",
    [routes("/v1/ivr", IvrGateway)],
    start,
    migrations=["channel"],
    needs=Needs.EITHER,  # the key to opt out is stored where there is a place for it
)
app = serve(service)
