"""ReasonLab: one `do`, three levels. Importing the package costs nothing: parts load where they are used."""

import os

__version__ = "0.1.0"

# How often a thread of torch looks whether the others are done before it sleeps. By default so long that beside other
# work on the cores most of the time goes there; asleep at once it is late. It counts if torch is not imported yet.
os.environ.setdefault("GOMP_SPINCOUNT", "30000")
