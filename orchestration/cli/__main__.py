"""`python -m orchestration.cli` is `hasila`."""

from orchestration.cli import main

if __name__ == "__main__":
    main()
