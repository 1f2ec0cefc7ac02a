"""Lives in rows: from evidence to residences, spells, moves, stage changes and tallies."""
