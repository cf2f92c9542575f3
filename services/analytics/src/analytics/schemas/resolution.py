"""Bodies of first-contact resolution."""

from typing import Self

from pydantic import BaseModel, Field

from analytics.domain.first_contact import Resolution
from analytics.schemas.figures import EstimateBody, RangeBody


class ResolutionBody(EstimateBody):
    """Percent of `n`: calls in that were connected and whose caller did not call again in time."""

    n: int = Field(description="Of how many it is known: resolved and called again")
    resolved: int
    called_again: int = Field(description="Within seven days, whatever became of that call")
    pending: int = Field(description="Not known yet: of the last ten days, or being reckoned")
    unknown_callers: int = Field(
        description="In no share: without a number or an address, or forgotten before it was known"
    )

    @classmethod
    def of_calls(cls, found: Resolution) -> Self:
        share = found.share
        return cls(
            value=share.value,
            low=share.low,
            high=share.high,
            n=found.n,
            resolved=found.resolved,
            called_again=found.again,
            pending=found.pending,
            unknown_callers=found.unknown,
        )


class ResolutionGroupBody(BaseModel):
    """One value of what was grouped by; "" is: none."""

    value: str
    name: str | None = Field(None, description="Of an agent, as the calls told it last")
    resolution: ResolutionBody


class ResolutionsBody(RangeBody):
    """`GET /v1/resolution`"""

    by: str | None
    resolution: ResolutionBody
    groups: list[ResolutionGroupBody]
