"""The rules of procurement: values in, decisions out; no database, no HTTP, no clock."""
