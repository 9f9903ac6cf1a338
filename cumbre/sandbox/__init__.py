"""Picture files -> what Cumbre needs of them. They are untrusted, and their decoders are native code that may crash,
hang or eat memory: so they are read by processes of their own (isolated.py) that may do nothing else.
"""
