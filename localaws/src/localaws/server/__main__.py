"""``python -m localaws.server``."""

import sys

from localaws.server.process import main

sys.exit(main())
