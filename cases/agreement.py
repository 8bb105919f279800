"""Whether what people write fits the result under which a case ends. Words can only be doubted, never judged: who closes is asked for a
reason and may be right."""

import re

from .transitions import Outcome

# Said of something that was done; said of a place where there was nothing. A text that says both is left alone.
_DONE = re.compile(
    r"整改到位|处[置理]完毕|当场(?:改正|整改)|责令|已(?:当场)?(?:改正|整改|处置|处理|清理|清运|劝离|劝诫|劝导|取缔|查处)"
    r"|\b(?:was|were|been) (?:put right|corrected|dealt with|removed|advised|ordered|fined|handled)\b", re.IGNORECASE,
)  # fmt: skip
_NOTHING = re.compile(
    r"未发现|没有?发现|没有(?:看到|找到|听到)|(?:现场|到场)未见|到场.{0,4}未见|不属实|未查实|不存在"
    r"|\b(?:nothing|not found|did not find|could not be confirmed|unfounded)\b", re.IGNORECASE,
)  # fmt: skip
_EMPTY = frozenset({Outcome.UNFOUNDED, Outcome.NOT_FOUND})
_ACTED = frozenset({Outcome.CORRECTED, Outcome.ADVISED, Outcome.ORDERED})


def differs(outcome: str, words: str) -> bool:
    """Whether `words` speak of something done where nothing was found, or the other way round."""
    done, nothing = bool(_DONE.search(words)), bool(_NOTHING.search(words))
    return (outcome in _EMPTY and done and not nothing) or (outcome in _ACTED and nothing and not done)
