"""The generator's command line."""

from benchmarks.reports import main

main()
