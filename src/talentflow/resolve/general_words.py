"""Which words name kinds of units and subjects rather than one organization?"""

from __future__ import annotations

from typing import Final

from talentflow.resolve.normalise import word_set

GENERIC_WORDS: Final = word_set(
    "a academic academy ads advanced aerospace affiliated aging agricultural agriculture ai "
    "anatomy and anesthesiology animal animals applied architecture art artificial arts "
    "astronomy astrophysics atmospheric automation autonomous basic biochemistry bioengineering "
    "bioinformatics biology biomedical biophysics bioscience biosciences biostatistics "
    "biotechnology botany brain bureau business campus cancer cardiology care cell cellular "
    "center central chair chemical chemistry child children city civil climate clinic clinical "
    "cloud cognitive college communication company computational computer condensed control "
    "core county critical crop crops cs cse data deep dentistry department dept dermatology "
    "design development diabetes digital discovery disease diseases division doctoral drug "
    "earth ece ecology economics education ee eecs electrical electronic emergency "
    "endocrinology energy engineering entomology environment environmental epidemiology "
    "excellence eye faculty federal first food forestry foundation gastroenterology general "
    "genetics genome genomic genomics geography geology global graduate group gynecology health "
    "heart hematology high history hospital human i ii iii imaging immunology industrial "
    "infection infectious inflammation informatics informatik information innovation institute "
    "intelligence intelligent interaction internal international iv joint key knowledge lab "
    "laboratory labs language law learning life limited linguistics lung machine main "
    "management marine materials mathematics matter mechanical media medical medicine men "
    "mental metabolism microbiology ml molecular multimedia municipal nano nanotechnology "
    "national natural nephrology network networks neural neurology neuroscience new nlp nuclear "
    "nursing nutrition obstetrics ocean office oncology open operations ophthalmology optical "
    "optics particle pathology pattern pediatrics people performance pharmacology pharmacy phd "
    "philosophy photonics physical physics physiology plant platform policy polymer polytechnic "
    "preventive processing product products professor program project provincial psychiatry "
    "psychology public quantum radiology recognition regional rehabilitation reproductive "
    "research robot robotics robots safety school science sciences second security sensing "
    "services signal social society software soil solutions space speech sports state "
    "statistics stem structural student studies studio surgery system systems team technical "
    "technological technology telecommunication the theoretical theory therapeutics therapy "
    "third toxicology translational unit university urology vaccine veterinary virology vision "
    "water web women zoology "
)
"""Words that name kinds of units and subjects; a name made only of them needs support."""

INSTITUTION_WORDS: Final = word_set(
    "university institute college hospital academy laboratory school polytechnic center clinic "
    "foundation company council ministry agency museum observatory politecnico hochschule "
    "universite research institution association society klinikum hopital ospedale azienda "
    "inc ltd corporation technology national international science sciences fachhochschule "
    "klinik organisation organization service services trust group bureau authority"
)
"""Words that say that an organization is named."""
