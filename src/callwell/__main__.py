"""The command ``callwell``. What goes wrong is one line on standard error; the exit code is 2 for bad input and 1 for failure."""

import importlib.util
import sys


def main() -> None:
    if importlib.util.find_spec("typer") is None:
        sys.exit("callwell: the server and its commands are not installed here; `pip install 'callwell[server]'`.")
    from callwell.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
