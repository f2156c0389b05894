from __future__ import annotations

import logging

from celery import shared_task

from audit.services import SEAL_AT_MOST, record, seal_entries
from audit.verifying import verify_log

logger = logging.getLogger(__name__)


@shared_task
def seal() -> None:
    """Seal what was committed since the last time. A second sealer waits and finds nothing left to do.

    The head of the chain goes to the process log as well: whoever cuts the chain's end off in the database leaves the
    cut visible there (`verify_audit --head`).
    """
    while made := seal_entries():
        logger.info("Audit log: seal %d over %d entries, head %s", made.number, made.entry_count, made.mac)
        if made.entry_count < SEAL_AT_MOST:
            break


@shared_task
def verify() -> None:
    """Check the whole log and put the result on record, where the data protection officer sees it."""
    result = verify_log()
    for problem in result.problems:
        logger.error("Audit log: %s", problem)
    record(None, "audit.verify_log", entries=result.entries, seals=result.seals, problems=result.problem_count)
