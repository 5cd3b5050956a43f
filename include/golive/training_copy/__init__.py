"""A masked copy of the migrated target in which people learn, and the check that nothing of it is as it was."""

from golive.training_copy.refresh import FilledTable, Refreshed, Unmasked, refresh

__all__ = ["FilledTable", "Refreshed", "Unmasked", "refresh"]
