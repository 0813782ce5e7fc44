"""A contracting process in the words of OCDS 1.1.5. Pure: rows in, JSON values out, no clock."""
