"""Which figures stay hidden so that none on fewer than ten people can be told or worked out.

`tables`: figures in rows and columns whose sums are published. `flows`: the same people counted by
two ways of splitting them. Pure; figures are whole numbers of people.
"""
