"""The tone of texts by a small local model, where its packages are installed (extra `sentiment`), else by the list of words.

Start here: reader.tones(). Nothing is ever downloaded when it runs, and nothing here is imported before a text is read.
"""
