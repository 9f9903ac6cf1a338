"""Decode untrusted picture files in separate processes with restricted rights.

The decoders are native code that may crash, hang or exhaust memory. A pool of child processes (pool.py) therefore runs
them, and these processes (__main__.py) can do little else.
"""
