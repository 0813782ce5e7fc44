"""The rules of feedback: values in, decisions out; no database, no HTTP, no clock."""
