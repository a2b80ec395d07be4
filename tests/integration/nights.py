"""Nights in this process: the rooms and a release, without Dagster around them and without the models' tests.

For stories of many releases, each of which would cost a whole `hasila load` otherwise.
"""

from orchestration import lock, night, rebuild
from orchestration.release.room import release
from orchestration.settings import Settings


def load(settings: Settings) -> str | None:
    """Load what is new; returns the release's name, None where nothing was new."""
    with lock.one_at_a_time(settings, "a test's load"):
        night.clear_summaries(settings)
        rulebook = night.load_rulebook(settings)
        night.receive(settings)
        if not night.has_news(settings, rulebook):
            return None
        night.note_corrections(settings, rulebook)
        rebuild.read_and_judge(settings, rulebook)
        rebuild.build_marts(settings)
        return release(settings, rulebook)
