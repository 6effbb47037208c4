"""Folders of label images of any tool, scored against each other."""
