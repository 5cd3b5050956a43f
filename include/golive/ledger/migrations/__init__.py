"""The ledger's revisions, oldest first; each goes forward only, for an append-only table has no way back."""
