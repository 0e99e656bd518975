"""Credentials of the platform in text: what never flows through code, or in code that nothing reads."""
