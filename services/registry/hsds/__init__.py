"""HSDS 3.1 of Open Referral: the registry in the words of strangers' software, under `/hsds/`."""
