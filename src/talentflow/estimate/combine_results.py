"""How do combined figures look once they are made, and how are they read again?

Needs none of the packages that make them, so the web can show what is there.
"""
COMBINED = "combined"
def make_estimates(*a): ...
def make_biases(*a): ...
