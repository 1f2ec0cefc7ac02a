"""What every layer needs and no layer owns: errors, vocabulary, contracts, catalog, executor."""
