"""What people tap below a message that Twilio carried."""

from sandbox.carrier import Carrier
from sandbox.messages import Message


async def tap(carrier: Carrier, message: Message, title: str) -> str:
    """Told as a message of theirs; see `Carrier.receive`."""
    told = {
        "ButtonPayload": message.choices[title],
        "ButtonText": title,
        "MessageType": "button",
        "OriginalRepliedMessageSid": message.sid,
    }
    return await carrier.receive(
        message.to, message.sender, body=title, account=message.account, told=told
    )
