"""What CLIPs tell apart by text alone: the study's section, and whom and what it asks."""

from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator

from stylealign.config.domains import WorldDomain
from stylealign.config.section import Section, all_different, key

if TYPE_CHECKING:
    from stylealign.config.study import Study

Names = Annotated[tuple[str, ...], AfterValidator(all_different)]


class ClipAccuracy(Section):
    """What each CLIP tells apart by text alone, on held-out images of worlds."""

    clips: Names = key(..., "the judges that are asked (each needs text)", min_length=1)
    domains: Names | None = key(None, "worlds whose images and words they are asked about (null: all unmoved)")
    num_images: int = key(1000, "held-out images of each domain, at most", ge=40)


def unmoved_worlds(study: "Study") -> list[str]:
    """The domains whose captions are true of their images: drawn, and neither flipped nor shifted; each image once."""
    domains = [(name, study.domains[name]) for name in study.whole_domains()]
    return [name for name, domain in domains if isinstance(domain, WorldDomain) and domain.transform is None]


def asked_clips(study: "Study") -> list[str]:
    """The CLIPs that are asked: a cell each."""
    asked = study.studies.clip_accuracy
    return [] if asked is None else list(asked.clips)


def asked_worlds(study: "Study") -> list[str]:
    """The worlds that they are asked about, in declared order."""
    asked = study.studies.clip_accuracy
    if asked is None or asked.domains is None:
        return [] if asked is None else unmoved_worlds(study)
    return [name for name in study.domains if name in asked.domains]
