"""No deadline an example: the machine may be busy, and laws do not depend on that."""

from hypothesis import settings

settings.register_profile("language", deadline=None)
settings.load_profile("language")
