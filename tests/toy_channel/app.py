"""Composition root: `python -m common.process tests.toy_channel.app:app`."""

from channel.endpoints import routes
from channel.sender import ChannelSender
from common.config.accounts import register
from common.events.values import Channel
from common.process.runtime import Runtime, Service, Tasks
from common.process.service import serve
from tests.toy_channel.provider import Folder, FolderAccount
from tests.toy_channel.renderer import PromptRenderer


class ToySender(ChannelSender):
    """What the endpoints get."""


def sender_on(runtime: Runtime) -> ToySender:
    return ToySender(
        runtime=runtime,
        name="toy_sender",
        channel=Channel.IVR,
        providers={"folder": Folder()},
        renderer=PromptRenderer(),
    )


async def start(runtime: Runtime, tasks: Tasks) -> ToySender:
    """Puts the channel kit together and starts its tasks."""
    register(Channel.IVR, "folder", FolderAccount)  # a real channel's line is in accounts.py
    sender = sender_on(runtime)
    sender.spawn(tasks)
    return sender


service = Service("toy_sender", [routes("/v1/ivr", ToySender)], start, migrations=["channel"])
app = serve(service)
