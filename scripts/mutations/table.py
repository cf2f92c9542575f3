"""All of them."""

from scripts.mutations.deciding import DECIDING
from scripts.mutations.intake import INTAKE
from scripts.mutations.keeping import KEEPING
from scripts.mutations.platform import PLATFORM
from scripts.mutations.sending import SENDING
from scripts.mutations.telling import TELLING

MUTATIONS = (*INTAKE, *DECIDING, *SENDING, *PLATFORM, *TELLING, *KEEPING)
