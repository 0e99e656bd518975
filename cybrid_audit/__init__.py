"""Static audit of code that integrates with the Cybrid Platform, against the platform's documented security controls."""

from typing import Final

__version__: Final = "0.1.0"
