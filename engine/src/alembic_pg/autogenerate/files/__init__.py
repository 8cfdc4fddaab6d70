"""Finish the files of generated revisions: a head that says what they do, and blocks of text."""
