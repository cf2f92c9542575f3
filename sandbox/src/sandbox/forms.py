"""What a status callback and an inbound text carry, field by field."""

from sandbox.messages import Message, bare, is_whatsapp
from sandbox.wording import OptOut, segments


def status_form(message: Message) -> dict[str, str]:
    """The form of a StatusCallback, as the message stands now."""
    form = {
        "AccountSid": message.account,
        "ApiVersion": "2010-04-01",
        "From": message.sender,
        "MessageSid": message.sid,
        "MessageStatus": message.status,
        "SmsSid": message.sid,
        "SmsStatus": message.status,
        "To": message.to,
    }
    if message.service:
        form["MessagingServiceSid"] = message.service
    if message.code:
        form["ErrorCode"] = str(message.code)
    if message.status == "delivered":
        form["RawDlrDoneDate"] = message.updated.strftime("%y%m%d%H%M")
    return form


def inbound_form(message: Message, opt_out: OptOut | None) -> dict[str, str]:
    """The form of the webhook for a text that a person wrote; places are left empty."""
    form = {
        "AccountSid": message.account,
        "ApiVersion": "2010-04-01",
        "Body": message.body,
        "From": message.sender,
        "MessageSid": message.sid,
        "NumMedia": "0",
        "NumSegments": str(segments(message.body)),
        "SmsMessageSid": message.sid,
        "SmsSid": message.sid,
        "SmsStatus": "received",
        "To": message.to,
    }
    for party, number in (("From", message.sender), ("To", message.to)):
        country = "US" if number.startswith("+1") else ""
        form |= {
            f"{party}City": "",
            f"{party}Country": country,
            f"{party}State": "",
            f"{party}Zip": "",
        }
    if message.service:
        form["MessagingServiceSid"] = message.service
    if is_whatsapp(message.sender):
        form |= {"ProfileName": "Noor", "WaId": bare(message.sender)[1:], "MessageType": "text"}
    if opt_out:
        form["OptOutType"] = opt_out.value
    return form
