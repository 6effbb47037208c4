"""What is truly there, given what was found: posteriors learned from virtual sets of scans."""
