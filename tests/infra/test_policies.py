"""The evaluator of IAM policies (tests/infra/policies.py) follows IAM's rules."""

import json
from typing import Any

import pytest

from tests.infra.policies import Policy, allows, missing, unused

BUCKET = "arn:aws:s3:::photos"


def policy(*statements: dict[str, Any]) -> Policy:
    return Policy.parse(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def allow(actions: str | list[str], resources: str | list[str], **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


READ = allow("s3:GetObject", f"{BUCKET}/photos/*")


def test_an_action_that_no_statement_allows_is_denied() -> None:
    assert not allows([], "s3:GetObject", f"{BUCKET}/photos/1.jpg")
    assert not allows([policy(READ)], "s3:PutObject", f"{BUCKET}/photos/1.jpg")


def test_a_resource_pattern_matches_only_its_own_prefix() -> None:
    assert allows([policy(READ)], "s3:GetObject", f"{BUCKET}/photos/day 1/a.jpg")
    assert not allows([policy(READ)], "s3:GetObject", f"{BUCKET}/staging/a.jpg")
    assert not allows([policy(READ)], "s3:GetObject", "arn:aws:s3:::photos-of-others/photos/a.jpg")


def test_a_deny_takes_precedence_over_an_allow() -> None:
    denial = {"Effect": "Deny", "Action": "s3:*", "Resource": f"{BUCKET}/photos/secret/*"}
    both = [policy(READ), policy(denial)]
    assert allows(both, "s3:GetObject", f"{BUCKET}/photos/1.jpg")
    assert not allows(both, "s3:GetObject", f"{BUCKET}/photos/secret/1.jpg")


def test_a_condition_on_a_missing_key_is_not_fulfilled_unless_its_operator_ends_with_if_exists() -> None:
    for operator, without in (("StringLike", False), ("StringLikeIfExists", True)):
        listing = [policy(allow("s3:ListBucket", BUCKET, Condition={operator: {"s3:prefix": "photos/*"}}))]
        assert allows(listing, "s3:ListBucket", BUCKET, {"s3:prefix": "photos/"})
        assert not allows(listing, "s3:ListBucket", BUCKET, {"s3:prefix": "chat/"})
        assert allows(listing, "s3:ListBucket", BUCKET) is without


@pytest.mark.parametrize(
    "statement",
    [
        allow("s3:GetObject", BUCKET, NotAction="s3:PutObject"),
        allow("s3:GetObject", BUCKET, Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
        {**READ, "Effect": "Perhaps"},
    ],
)
def test_an_unsupported_element_operator_or_effect_is_an_error(statement: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"known|effect"):
        policy(statement)


def test_missing_and_unused_rights_are_found() -> None:
    role = [policy(READ, allow(["sqs:SendMessage", "sqs:DeleteMessage"], "arn:aws:sqs:eu-central-1:1:chat.fifo"))]
    calls = [
        ("s3:GetObject", f"{BUCKET}/photos/1.jpg"),
        ("s3:PutObject", f"{BUCKET}/photos/1.jpg"),
        ("sqs:SendMessage", "arn:aws:sqs:eu-central-1:1:chat.fifo"),
    ]
    assert missing(role, calls) == [("s3:PutObject", f"{BUCKET}/photos/1.jpg")]
    assert unused(role, calls) == [("sqs:DeleteMessage", "arn:aws:sqs:eu-central-1:1:chat.fifo")]


def test_reading_objects_needs_the_right_to_list_their_bucket() -> None:
    role = [policy(READ, allow("s3:ListBucket", BUCKET))]
    assert unused(role, [("s3:GetObject", f"{BUCKET}/photos/1.jpg")]) == []
    assert unused(role, []) == [("s3:GetObject", f"{BUCKET}/photos/*"), ("s3:ListBucket", BUCKET)]
