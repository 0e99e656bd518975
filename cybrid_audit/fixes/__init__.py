"""Fixes: edits that make a finding go away, each proven by an audit of the edited code before it is offered.

`plan` finds them, `preview` shows them without a secret, `write` writes them as a whole. A language's editor says how a
change is written (`python.py`, `ecmascript.py`), `proposals.py` which change a rule asks for; nothing else knows either."""
