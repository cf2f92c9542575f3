"""Sends mails about alerts by the operator's SMTP server: claim (commit), send, record (commit)."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

import aiosmtplib

from closed_loop import metrics
from closed_loop.domain.retrying import Tried, again_after
from closed_loop.repository import mails
from closed_loop.repository.mails import Mail
from closed_loop.settings import Smtp
from common.database import Database
from common.errors import Retry
from common.failpoints import failpoint
from common.telemetry import logging
from common.time import Clock, utc_now

log = logging.get(__name__)
POLL = 1.0  # seconds
AT_ONCE = 50  # mails of one round, over one connection
LEASE = timedelta(minutes=5)
TRIES = 6  # half a day; an alert that is older helps nobody
GOOD = 250


@dataclass(slots=True, kw_only=True)
class Mailing:
    """One per process. `smtp` None: the operator has set none, and mails wait."""

    db: Database
    smtp: Smtp | None
    clock: Clock = utc_now
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        self._news.set()

    async def run(self) -> None:
        """Until cancelled; a mail in hand is finished."""
        while self.smtp is not None:
            self._news.clear()
            try:
                full = await self._uninterrupted(self.smtp)
            except Retry as error:
                log.warning("mails_wait", reason=error.reason)
                await asyncio.sleep(error.after)
                continue
            if full:
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL):
                    await self._news.wait()
        await asyncio.Event().wait()

    async def _uninterrupted(self, smtp: Smtp) -> bool:
        task = asyncio.create_task(self._round(smtp))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait([task], timeout=15)
            raise

    async def _round(self, smtp: Smtp) -> bool:
        """Whether there may be more."""
        async with self.db.transaction() as connection:
            found = await mails.claim(connection, now=self.clock(), most=AT_ONCE, lease=LEASE)
        if not found:
            return False
        client = aiosmtplib.SMTP(
            hostname=smtp.host,
            port=smtp.port,
            username=smtp.user or None,
            password=smtp.password.get_secret_value() or None,
            use_tls=smtp.tls == "tls",
            start_tls=smtp.tls == "starttls",
            timeout=smtp.timeout,
        )
        try:
            for mail in found:
                await self._record(mail, await _sent(client, smtp, mail, self.clock))
        finally:
            client.close()
        return len(found) == AT_ONCE

    async def _record(self, mail: Mail, tried: Tried) -> None:
        failpoint("mail.after_send")
        refused = tried.status is not None and tried.status >= 500
        pause = None
        if not tried.taken and not refused and mail.tries < TRIES:
            pause = again_after(tried, mail.tries, draw=0.5)
        state = "sent" if tried.taken else "waiting" if pause else "failed"
        metrics.MAILS.labels(state if state != "waiting" else "again").inc()
        log.info(
            "alert_mail",
            workspace=mail.workspace,
            mail=str(mail.id),
            state=state,
            status=tried.status,
            problem=tried.problem,
        )
        async with self.db.transaction() as connection:
            await mails.record(
                connection,
                mail,
                state=state,
                problem=tried.problem,
                again_at=tried.at + pause if pause else None,
                now=tried.at,
            )


async def _sent(client: aiosmtplib.SMTP, smtp: Smtp, mail: Mail, clock: Clock) -> Tried:
    """Never raises: what the server says is written down, without the recipient's address."""
    at = clock()
    message = _message(smtp, mail, format_datetime(at))
    try:
        if not client.is_connected:
            await client.connect()
        await client.send_message(message)
    except aiosmtplib.SMTPRecipientsRefused as error:
        code = error.recipients[0].code
        return Tried(at=at, status=code, problem=f"SMTP {code}: the recipient is refused")
    except aiosmtplib.SMTPResponseException as error:
        problem = f"SMTP {error.code} ({type(error).__name__})"
        # Who may not sign in may do so when the operator has mended it.
        code = 400 if isinstance(error, aiosmtplib.SMTPAuthenticationError) else error.code
        return Tried(at=at, status=code, problem=problem)
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        return Tried(at=at, status=None, problem=f"no mail server ({type(error).__name__})")
    return Tried(at=at, status=200)


def _message(smtp: Smtp, mail: Mail, at: str) -> EmailMessage:
    """The same `Message-ID` each time, so that a copy can be told."""
    message = EmailMessage()
    message["Message-ID"] = f"<{mail.id}@{parseaddr(smtp.sender)[1].rpartition('@')[2]}>"
    message["Date"] = at
    message["From"] = smtp.sender
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    return message
