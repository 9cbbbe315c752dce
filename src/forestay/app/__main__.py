"""`python -m forestay.app` is the `forestay` command."""

from forestay.app.cli import main

main()
