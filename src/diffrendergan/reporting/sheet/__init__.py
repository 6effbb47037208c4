"""What `quantify` hands to a person: the data sheet as HTML and PDF, and the page of the least certain particles."""
