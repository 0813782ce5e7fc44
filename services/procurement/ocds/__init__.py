"""OCDS 1.1.5: contracting processes in the words of strangers' software, under `/ocds/`."""
