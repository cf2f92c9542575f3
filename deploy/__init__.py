"""What is deployed (`table.py`), and the files that are written from it: `python -m deploy`."""
