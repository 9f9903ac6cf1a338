"""What policies of IAM allow: as much of its language as infra/terraform uses; anything else is refused, not guessed.

Source: "IAM JSON policy elements reference" and "Policy evaluation logic" of the IAM user guide. An action that nothing
allows is denied, and a denial goes before whatever allows.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# A call: service:Action and the ARN of what it is about.
Call = tuple[str, str]

_ELEMENTS = frozenset({"Sid", "Effect", "Action", "Resource", "Principal", "Condition"})
_OPERATORS = frozenset({"StringEquals", "StringLike", "ArnEquals", "ArnLike", "Bool"})
_IF_EXISTS = "IfExists"


@dataclass(frozen=True)
class Condition:
    operator: str
    key: str
    values: tuple[str, ...]

    def holds(self, context: Mapping[str, str]) -> bool:
        """Whether it holds for what is known of a request; what is not known fails, unless IfExists says otherwise."""
        if self.key not in context:
            return self.operator.endswith(_IF_EXISTS)
        operator = self.operator.removesuffix(_IF_EXISTS)
        given = context[self.key]
        if operator in ("StringEquals", "Bool"):
            return given in self.values
        return any(_matches(value, given) for value in self.values)


@dataclass(frozen=True)
class Statement:
    allows: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[Condition, ...] = field(default=())
    sid: str = ""

    def speaks_of(self, action: str, resource: str, context: Mapping[str, str]) -> bool:
        return (
            any(_matches(one.lower(), action.lower()) for one in self.actions)
            and any(_matches(one, resource) for one in self.resources)
            and all(one.holds(context) for one in self.conditions)
        )


@dataclass(frozen=True)
class Policy:
    statements: tuple[Statement, ...]

    @classmethod
    def parsed(cls, text: str) -> "Policy":
        """Raises ValueError for an element, an effect or an operator that is not known here."""
        document = json.loads(text)
        return cls(tuple(_statement(one) for one in _several(document["Statement"])))


def allows(policies: Iterable[Policy], action: str, resource: str, context: Mapping[str, str] | None = None) -> bool:
    """Whether policies together allow an action (service:Action) on a resource (its ARN)."""
    speaking = [
        statement
        for policy in policies
        for statement in policy.statements
        if statement.speaks_of(action, resource, context or {})
    ]
    return bool(speaking) and all(statement.allows for statement in speaking)


def missing(policies: Collection[Policy], calls: Iterable[Call]) -> list[Call]:
    """The calls that policies do not allow."""
    return sorted({call for call in calls if not allows(policies, *call)})


def unused(policies: Collection[Policy], calls: Iterable[Call]) -> list[Call]:
    """What policies allow (action, resource as it is written) and none of the calls needs.

    s3:ListBucket on a bucket counts as needed by whoever reads or looks at its objects: without it a missing object
    would be a forbidden one.
    """
    made = list(calls)
    made += [("s3:ListBucket", resource.partition("/")[0]) for action, resource in made if action == "s3:GetObject"]
    granted = [
        (action, resource)
        for policy in policies
        for statement in policy.statements
        if statement.allows
        for action in statement.actions
        for resource in statement.resources
    ]
    return [one for one in granted if not any(_covers(one, call) for call in made)]


def _covers(granted: Call, call: Call) -> bool:
    return _matches(granted[0].lower(), call[0].lower()) and _matches(granted[1], call[1])


def _statement(written: Mapping[str, Any]) -> Statement:
    if unknown := set(written) - _ELEMENTS:
        raise ValueError(f"a statement has {', '.join(sorted(unknown))}, which is not known here")
    if written["Effect"] not in ("Allow", "Deny"):
        raise ValueError(f"a statement's effect is {written['Effect']!r}")
    return Statement(
        allows=written["Effect"] == "Allow",
        actions=tuple(_several(written["Action"])),
        resources=tuple(_several(written.get("Resource", ()))),
        conditions=tuple(_conditions(written.get("Condition", {}))),
        sid=written.get("Sid", ""),
    )


def _conditions(written: Mapping[str, Mapping[str, Any]]) -> Iterable[Condition]:
    for operator, keys in written.items():
        if operator.removesuffix(_IF_EXISTS) not in _OPERATORS:
            raise ValueError(f"the operator {operator} is not known here")
        for key, values in keys.items():
            yield Condition(operator, key, tuple(_several(values)))


def _several(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [value]


def _matches(pattern: str, text: str) -> bool:
    """IAM's wildcards: * is any text, ? any one character; nothing else is special."""
    parts = (".*" if one == "*" else "." if one == "?" else re.escape(one) for one in pattern)
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None
