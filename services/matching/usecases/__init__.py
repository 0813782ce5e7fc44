"""What people do in the matching, one function each."""
