"""`quantify`: from scans to tables, one scan at a time."""
