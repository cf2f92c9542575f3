"""Other ways to build the same, beside ours: the usual app, and a stream processor with a sink.

They run in an environment of their own (`make peers`), for Quix Streams wants older versions of
what we need. Our rules are theirs for nothing (`rules.py`): what is compared is how each consumes,
remembers and publishes.
"""
