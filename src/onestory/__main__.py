"""The door of the command line: ``python -m onestory``."""

from .office.cli import main

if __name__ == "__main__":
    main()
