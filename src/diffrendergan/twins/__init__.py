"""Digital twins of scans: images like them whose truth is known, and what a network gets wrong in them."""
