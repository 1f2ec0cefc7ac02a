"""How an author of the toy world writes where they work, in the manner of each venue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from talentflow.sources.toy.atlas import COUNTRIES, Organization
from talentflow.sources.toy.papers import Author

_FREE_MAIL: Final = ("gmail.com", "qq.com", "naver.com")


class Letterhead:
    """Writes affiliations and domains of one world's organizations."""

    def __init__(self, organizations: Sequence[Organization]) -> None:
        self._organizations = organizations
        self._seats = {o.family: o for o in organizations if o.family and o.is_seat}

    def organization(self, author: Author) -> Organization:
        """Where the author truly works."""
        return self._organizations[author.organization]

    def print_short(self, author: Author) -> str:
        """The name only, as in a profile; a branch with its country. Empty where missing."""
        if author.missing_affiliation:
            return ""
        where = self.organization(author)
        name = _spell(where.printed, author)
        if where.family and not author.bare_branch:
            return f"{name} ({COUNTRIES[where.country].name})"
        return name

    def print_with_department(self, author: Author) -> str:
        """Department, if the organization has any, and name."""
        short = self.print_short(author)
        if not short or self.organization(author).kind != "university":
            return short
        return f"{author.department}, {short}"

    def print_full(self, author: Author) -> str:
        """Department, name, city and country, as on the title page."""
        if author.missing_affiliation:
            return ""
        where = self.organization(author)
        if where.family and author.bare_branch:
            return _spell(where.printed, author)
        country = COUNTRIES[where.country].printed
        parts = [_spell(where.printed, author), where.city.name, country]
        if where.city.name == country:
            parts.pop()
        if where.kind == "university":
            parts.insert(0, author.department)
        return ", ".join(parts)

    def print_domain(self, author: Author) -> str:
        """The domain of the author's e-mail. Empty where the affiliation is missing."""
        return "" if author.missing_affiliation else self.mail_domain(author)

    def mail_domain(self, author: Author) -> str:
        """The domain of the author's e-mail, whether or not the affiliation was printed."""
        if author.bad_domain:
            return self._spoil_domain(author)
        where = self.organization(author)
        if author.bare_branch and where.family in self._seats:
            return self._seats[where.family].domain
        return where.domain

    def _spoil_domain(self, author: Author) -> str:
        choice = author.row % (len(_FREE_MAIL) + 1)
        if choice < len(_FREE_MAIL):
            return _FREE_MAIL[choice]
        return self.organization(author).domain.replace(".", "~", 1)


def _spell(name: str, author: Author) -> str:
    """The name, or with two neighbouring letters of its first word exchanged."""
    if not author.misspelt_organization:
        return name
    words = name.split(" ")
    longest = max(range(len(words)), key=lambda number: len(words[number]))
    word = words[longest]
    at = 1 + author.row % (len(word) - 2)
    words[longest] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)
