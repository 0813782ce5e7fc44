"""Import and export: a table becomes records, records become a table.

`starting` keeps an upload; `working` is the background job that claims and runs imports; `running`
carries one file through; `chunk` is one transaction's worth of rows; `loading` writes rows of any
kind; one module per kind says how its rows become records. `files` is the other process.
"""
