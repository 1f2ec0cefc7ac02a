"""From a folder of sources to a published snapshot: the stages in order, resumable."""
