"""Open311 GeoReport v2: cases in the words of strangers' software, under `/open311/`."""
