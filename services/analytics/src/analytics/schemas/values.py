"""What there is to filter by."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field


class ValueBody(BaseModel):
    """A value of a parameter; "" is: none."""

    value: str
    name: str | None = Field(None, description="Of an agent, as the calls told it last")


class ValuesBody(BaseModel):
    """`GET /v1/values`: at most 1,000 values of each parameter, in order."""

    model_config = ConfigDict(populate_by_name=True)

    workspace: str
    first: date = Field(alias="from")
    last: date = Field(alias="to")
    values: dict[str, list[ValueBody]] = Field(
        description="Parameter of the other figures -> values that it may have",
        examples=[{"queue": [{"value": "billing", "name": None}]}],
    )
