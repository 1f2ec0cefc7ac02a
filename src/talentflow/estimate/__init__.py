"""How far each figure can be trusted: intervals and flags."""
