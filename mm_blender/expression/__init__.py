"""Expressions, share links and parameters as text and dicts, and the tree that they are resolved to."""
