"""Evaluate IAM policies: whether they allow an action, which calls lack a right, and which rights are unused.

Only the part of the policy language that infra/terraform uses is supported; anything else raises ValueError. An action
that no statement allows is denied, and a Deny takes precedence over any Allow. Source: "IAM JSON policy elements
reference" and "Policy evaluation logic" in the IAM user guide.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# A call: service:Action and the ARN of the resource.
Call = tuple[str, str]

_ELEMENTS = frozenset({"Sid", "Effect", "Action", "Resource", "Principal", "Condition"})
_OPERATORS = frozenset({"StringEquals", "StringLike", "ArnEquals", "ArnLike", "Bool"})
_IF_EXISTS = "IfExists"


@dataclass(frozen=True)
class Condition:
    """A condition of a statement: an operator, a key of the request context, and the values that it accepts."""

    operator: str
    key: str
    values: tuple[str, ...]

    def holds(self, context: Mapping[str, str]) -> bool:
        """Return whether a request context fulfils the condition; a missing key fulfils it only with IfExists."""
        if self.key not in context:
            return self.operator.endswith(_IF_EXISTS)
        operator = self.operator.removesuffix(_IF_EXISTS)
        given = context[self.key]
        if operator in ("StringEquals", "Bool"):
            return given in self.values
        return any(_matches(value, given) for value in self.values)


@dataclass(frozen=True)
class Statement:
    """An Allow or Deny statement of a policy."""

    allows: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[Condition, ...] = field(default=())
    sid: str = ""

    def applies_to(self, action: str, resource: str, context: Mapping[str, str]) -> bool:
        """Return whether actions, resources and conditions all match a request."""
        return (
            any(_matches(pattern.lower(), action.lower()) for pattern in self.actions)
            and any(_matches(pattern, resource) for pattern in self.resources)
            and all(condition.holds(context) for condition in self.conditions)
        )


@dataclass(frozen=True)
class Policy:
    """The statements of one policy document."""

    statements: tuple[Statement, ...]

    @classmethod
    def parse(cls, text: str) -> "Policy":
        """Parse a policy document. Raises ValueError for an unsupported element, effect or operator."""
        document = json.loads(text)
        return cls(tuple(_statement(written) for written in _as_list(document["Statement"])))


def allows(policies: Iterable[Policy], action: str, resource: str, context: Mapping[str, str] | None = None) -> bool:
    """Return whether policies together allow an action (service:Action) on a resource (its ARN)."""
    applicable = [
        statement
        for policy in policies
        for statement in policy.statements
        if statement.applies_to(action, resource, context or {})
    ]
    return bool(applicable) and all(statement.allows for statement in applicable)


def missing(policies: Collection[Policy], calls: Iterable[Call]) -> list[Call]:
    """Return the calls that policies do not allow."""
    return sorted({call for call in calls if not allows(policies, *call)})


def unused(policies: Collection[Policy], calls: Iterable[Call]) -> list[Call]:
    """Return the rights (action, resource pattern) that no call needs.

    A call that reads an object also needs s3:ListBucket on its bucket: without this right, S3 reports a missing object
    as forbidden.
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
    return [right for right in granted if not any(_covers(right, call) for call in made)]


def _covers(granted: Call, call: Call) -> bool:
    return _matches(granted[0].lower(), call[0].lower()) and _matches(granted[1], call[1])


def _statement(written: Mapping[str, Any]) -> Statement:
    if unknown := set(written) - _ELEMENTS:
        raise ValueError(f"a statement has {', '.join(sorted(unknown))}, which is not known here")
    if written["Effect"] not in ("Allow", "Deny"):
        raise ValueError(f"a statement's effect is {written['Effect']!r}")
    return Statement(
        allows=written["Effect"] == "Allow",
        actions=tuple(_as_list(written["Action"])),
        resources=tuple(_as_list(written.get("Resource", ()))),
        conditions=tuple(_conditions(written.get("Condition", {}))),
        sid=written.get("Sid", ""),
    )


def _conditions(written: Mapping[str, Mapping[str, Any]]) -> Iterable[Condition]:
    for operator, keys in written.items():
        if operator.removesuffix(_IF_EXISTS) not in _OPERATORS:
            raise ValueError(f"the operator {operator} is not known here")
        for key, values in keys.items():
            yield Condition(operator, key, tuple(_as_list(values)))


def _as_list(value: Any) -> Sequence[Any]:
    """Return a value that may be a single item or a list as a sequence."""
    return value if isinstance(value, list | tuple) else [value]


def _matches(pattern: str, text: str) -> bool:
    """Return whether a pattern with IAM's wildcards matches: * is any text, ? any single character."""
    parts = (".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern)
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None
