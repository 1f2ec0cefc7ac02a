"""`python -m talentflow.cli`: the command line where the `talentflow` script is not on the path."""

from talentflow.cli import main

main()
