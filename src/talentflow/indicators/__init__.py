"""The named quantities, the definitions they are computed under, and their values."""
