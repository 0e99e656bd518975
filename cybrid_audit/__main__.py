"""`python -m cybrid_audit`: the same as the command `cybrid-audit`."""

import sys

from cybrid_audit.cli import main

if __name__ == "__main__":
    sys.exit(main())
