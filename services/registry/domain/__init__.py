"""Pure rules of the registry: values in, decisions out."""
