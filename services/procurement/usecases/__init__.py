"""What people do in procurement, one function each."""
