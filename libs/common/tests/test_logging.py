"""Our log lines."""

import io
from contextlib import redirect_stderr

from common.telemetry import logging


def test_a_line_goes_to_the_standard_error_of_its_moment(logs_as_before: None) -> None:
    with redirect_stderr(io.StringIO()) as first:
        logging.set_up("INFO")
        log = logging.get(__name__)
        log.info("one")
        logging.lines("two", [{"number": 2}])
        written = first.getvalue()
    first.close()
    with redirect_stderr(io.StringIO()) as second:
        log.info("three")
        logging.lines("four", [{"number": 4}])

    assert [name in written for name in ("one", "two")] == [True, True]
    assert [name in second.getvalue() for name in ("three", "four")] == [True, True]
