"""Citywide allocation 统筹分配: all open needs to all places of a period, at the proven optimum.

`problem` holds the columns, `candidates` finds who may go where, `solving` finds the optimum,
`checking` proves it without a solver, `reasons` tells everyone unserved why. Pure: no SQL, no HTTP.
"""
