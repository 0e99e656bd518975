"""The platform itself: telling its requests from others, the tokens they mint, the operations they perform.

Every outgoing request of every client ends in `send`, every call of a generated SDK in `perform_operation` or `mint_token`; they
leave the same records, so that a rule does not depend on how a team calls the platform."""

from __future__ import annotations

from cybrid_audit.models.platform.minting import mint_token
from cybrid_audit.models.platform.operations import environment_test, perform_operation
from cybrid_audit.models.platform.parts import body_fields, snake, text_fields
from cybrid_audit.models.platform.requests import send
from cybrid_audit.models.platform.transport import note_plain_http, note_verify_off, verification_off

__all__ = [
    "body_fields",
    "environment_test",
    "mint_token",
    "note_plain_http",
    "note_verify_off",
    "perform_operation",
    "send",
    "snake",
    "text_fields",
    "verification_off",
]
