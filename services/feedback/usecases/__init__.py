"""What people do in the feedback, one function each."""
