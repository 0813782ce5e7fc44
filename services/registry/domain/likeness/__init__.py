"""Whether two records tell of one thing: names taken apart, where to look, how alike, and why."""
