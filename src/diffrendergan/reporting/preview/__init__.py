"""Sheets that show arrangements beside the scans."""
