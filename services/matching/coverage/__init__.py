"""Who reaches what on foot: circles, catchments, inequality, siting, and what may be published.

Pure: arrays in, arrays out. Rows are units (neighbourhoods) or sites (venues); points lie on the
plane of `common.geo.planar`; distances are straight-line metres.
"""
