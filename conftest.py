"""Lets one run of pytest have tests of several packages.

pytest names a test module after its folders. Without these imports ``localaws/tests/…`` would make
the folder ``localaws/`` a package of that name, which hides the real one.
"""

import localaws  # noqa: F401
import wistia_simulator  # noqa: F401
