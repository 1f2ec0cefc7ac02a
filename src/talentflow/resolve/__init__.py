"""Which records mean one organization, one place, one person."""
