"""The rules of matching: values in, decisions out; no database, no HTTP, no clock."""
