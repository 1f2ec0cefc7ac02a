"""Web pages, charts, API and downloads: read-only over the published snapshot."""
