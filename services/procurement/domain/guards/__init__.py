"""Guards: what looks unusual in purchases, each finding with its rule, its values and its records.

Pure. A guard explains itself and never scores; whether anything is wrong a person finds out.
"""
