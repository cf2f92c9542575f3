"""A complete sender on the channel kit, small enough to read: its provider is a folder of text
files and whoever posts about them. `docs/adding-a-channel.md` is written from it.
"""
