"""Whose addresses are under a domain: one organization's, anybody's, or a whole country's?"""

from __future__ import annotations

from typing import Final

from talentflow.resolve.normalise import word_set

_SHARED_HOSTS: Final = word_set(
    "sites.google.com google.com facebook.com wordpress.com blogspot.com wixsite.com linkedin.com "
    "github.io github.com weebly.com twitter.com instagram.com youtube.com wikipedia.org "
    "en.wikipedia.org web.archive.org medium.com business.site jimdo.com jimdofree.com "
    "researchgate.net tripod.com sharepoint.com amazonaws.com"
)
PUBLIC_LABELS: Final = word_set(
    "ac edu co com gov org net go or re ne gob gouv nic mil sch uni res gub gv"
)
"""Parts of domains under which national registries give out names."""

FREE_MAIL: Final = word_set(
    "gmail.com googlemail.com qq.com vip.qq.com 163.com 126.com 139.com yeah.net sina.com "
    "sina.com.cn sina.cn sohu.com foxmail.com aliyun.com hotmail.com hotmail.fr hotmail.co.uk "
    "outlook.com outlook.fr outlook.de outlook.kr live.com live.cn live.nl msn.com naver.com "
    "daum.net hanmail.net nate.com kakao.com yahoo.com yahoo.co.jp yahoo.co.uk yahoo.fr yahoo.de "
    "yahoo.co.in yahoo.com.cn yahoo.it yahoo.es ymail.com icloud.com me.com mac.com aol.com "
    "protonmail.com proton.me pm.me mail.ru yandex.ru yandex.com rambler.ru bk.ru inbox.ru list.ru "
    "gmx.de gmx.net gmx.com gmx.at web.de t-online.de orange.fr free.fr laposte.net wanadoo.fr "
    "libero.it seznam.cz wp.pl rediffmail.com zoho.com fastmail.com fastmail.fm hey.com mail.com "
    "comcast.net verizon.net att.net sbcglobal.net cox.net btinternet.com ieee.org acm.org "
    "alumni.com inbox.com duck.com tutanota.com email.com openreview.net dblp.org"
)

_ENTRANCES: Final = word_set("en eng english www2 w3 web portal home university universidad")
"""Labels under which a university greets visitors: `portal.uni.example` is `uni.example`."""


def is_shared(domain: str) -> bool:
    """Whether many organizations have pages or mail under the domain, so that it tells none."""
    return domain in _SHARED_HOSTS or domain in FREE_MAIL or is_public(domain)


def is_free_mail(domain: str) -> bool:
    """Whether anybody can have an address under the domain."""
    return any(ending in FREE_MAIL for ending in list_endings(domain))


def list_endings(domain: str) -> list[str]:
    """The domain and what is left of it label by label, the longest first; no bare ending."""
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(len(labels) - 1)]


def is_public(domain: str) -> bool:
    """Whether a national registry gives out names under it: `ac.kr`."""
    labels = domain.split(".")
    return len(labels) < 2 or (len(labels) == 2 and labels[0] in PUBLIC_LABELS)


def strip_entrance(domain: str) -> str:
    """The domain without a first label that only greets visitors; else as it is."""
    first, _, rest = domain.partition(".")
    return rest if first in _ENTRANCES and not is_public(rest) else domain
