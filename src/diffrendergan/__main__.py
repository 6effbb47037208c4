"""``python -m diffrendergan``."""

from diffrendergan.cli.main import main

main()
