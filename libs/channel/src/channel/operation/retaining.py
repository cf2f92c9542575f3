"""Messages that are too old to be kept, as the workspace says."""

from functools import partial

from channel.store import old
from channel.store.schema import Schema
from common.config.retention import kept
from common.database.retention import Kind, Retaining
from common.process.runtime import Runtime

MESSAGES = "messages"


def retaining(runtime: Runtime, schema: Schema) -> Retaining:
    """Nothing of these comes with a time of long ago: it is that of its coming."""
    return Retaining(
        db=runtime.db,
        schema=schema.name,
        kinds={MESSAGES: Kind(partial(old.clear, schema), partial(old.some, schema))},
        wanted=partial(kept, runtime.config, [MESSAGES]),
        clock=runtime.clock,
    )
