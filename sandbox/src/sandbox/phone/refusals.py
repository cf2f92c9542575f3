"""Why a phone does not do something, with the status that HTTP has for it."""


class Refusal(Exception):
    """In words for the person who holds the phone."""

    status = 422


class Unknown(Refusal):
    """No such message, button, agent or phone."""

    status = 404


class NoCall(Refusal):
    """Nothing rings, or nobody is on the line."""

    status = 409


class TooMany(Refusal):
    """More than one person needs."""

    status = 429


class Trouble(Refusal):
    """The platform did not do what the phone asked it for."""

    status = 502
