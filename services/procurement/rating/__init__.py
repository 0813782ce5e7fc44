"""How well a provider serves: levels of evidence in, an interval and a grade out.

Pure: arrays in, arrays out; no database, no clock. A row of `Tallies` is so many pieces of evidence
of one level, by one buyer, of one weight; scores run from 0 (level 1) to 1 (level 5).
"""
