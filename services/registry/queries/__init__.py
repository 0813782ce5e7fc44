"""Every SELECT and bulk write of the registry, one module per noun."""
