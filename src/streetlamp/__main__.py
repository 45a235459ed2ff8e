"""`python -m streetlamp` is `streetlamp`."""

from streetlamp.cli import main

if __name__ == "__main__":
    main()
