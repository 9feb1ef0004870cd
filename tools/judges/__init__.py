"""The tools that the field trusts, asked about what the generator wrote.

Each is pinned by a go.mod of its own: in one module their needs contradict each other.
"""
