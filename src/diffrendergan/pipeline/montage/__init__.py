"""`quantify --montage`: tiles that overlap are measured one by one, and their particles counted once."""
