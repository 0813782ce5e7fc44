"""Tables that staff hold in Excel or CSV: read safely, written harmlessly. No framework, no SQL."""
