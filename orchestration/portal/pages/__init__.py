"""The pages, one module a kind: each takes a view and gives pages, and knows nothing of files."""
