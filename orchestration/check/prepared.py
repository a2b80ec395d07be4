"""What judging imports, imported with this module: for the process that judging ones are forked from.

Nothing else is to import it.
"""

from orchestration import night  # noqa: F401  # whose `check` they are handed
from orchestration.check import frame, room  # noqa: F401
from orchestration.check.judge import great_expectations

great_expectations()
