"""OpenAlex, the open index of works, authors and institutions (https://openalex.org, CC0).

`reading` turns its files into records and mentions, `snapshot` and `api` fetch them.
"""
