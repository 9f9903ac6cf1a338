"""Each function's planned rights: it may do what it needs, and nothing else."""

import json
import re

import pytest

from tests.infra.policies import Policy, allows
from tests.infra.stack import AppliedStack

pytestmark = pytest.mark.cloud

FUNCTIONS = ("ingest", "query", "page", "worker")


class Arns:
    """The ARNs of a stack."""

    def __init__(self, stack: AppliedStack) -> None:
        self.photos = f"arn:aws:s3:::{stack.outputs['photo_bucket']}"
        self.renditions = f"arn:aws:s3:::{stack.outputs['rendition_bucket']}"
        (table,) = stack.resources("aws_dynamodb_table").values()
        self.table: str = table["arn"]
        queues = {one["name"]: one["arn"] for one in stack.resources("aws_sqs_queue").values()}
        self.ingest, self.chat = queues["cumbre-ingest"], queues["cumbre-chat.fifo"]
        secrets = {one["name"]: one["arn"] for one in stack.resources("aws_secretsmanager_secret").values()}
        self.index_secret, self.bot_secret = secrets["cumbre/index"], secrets["cumbre/bot"]
        aliases = {one["function_name"]: one["arn"] for one in stack.resources("aws_lambda_alias").values()}
        self.query, self.page = aliases["cumbre-query"], aliases["cumbre-page"]


@pytest.fixture
def arns(applied_stack: AppliedStack) -> Arns:
    return Arns(applied_stack)


def test_wildcards_cover_only_parts_of_our_buckets_and_logs(applied_stack: AppliedStack) -> None:
    for function in FUNCTIONS:
        for policy in applied_stack.policies(function):
            for statement in policy.statements:
                assert statement.allows
                assert not any("*" in action for action in statement.actions)
                for resource in statement.resources:
                    bucket = re.fullmatch(r"arn:aws:s3:::cumbre-[a-z]+-[0-9]+-[a-z0-9-]+/([a-z]+/)*\*", resource)
                    log = re.fullmatch(
                        r"arn:aws:logs:[a-z0-9-]+:[0-9]+:log-group:/aws/lambda/cumbre-[a-z]+:\*", resource
                    )
                    assert "*" not in resource or bucket or log, resource


def test_every_function_may_use_the_state_and_its_own_secret(applied_stack: AppliedStack, arns: Arns) -> None:
    own = {"ingest": arns.index_secret, "query": arns.index_secret, "page": arns.bot_secret, "worker": arns.bot_secret}
    for function in FUNCTIONS:
        role = applied_stack.policies(function)
        for call in ("GetItem", "PutItem", "Query"):
            assert allows(role, f"dynamodb:{call}", arns.table)
        # The worker looks up Telegram's ids of all pictures of an answer at once.
        assert allows(role, "dynamodb:BatchGetItem", arns.table) == (function == "worker")
        # People undo their entries through the other functions.
        assert allows(role, "dynamodb:DeleteItem", arns.table) == (function != "ingest")
        assert not allows(role, "dynamodb:Scan", arns.table)
        assert not allows(role, "dynamodb:DeleteTable", arns.table)
        readable = {secret for secret in own.values() if allows(role, "secretsmanager:GetSecretValue", secret)}
        assert readable == {own[function]}


def test_no_function_may_change_a_photo_of_the_album(applied_stack: AppliedStack, arns: Arns) -> None:
    for function in FUNCTIONS:
        role = applied_stack.policies(function)
        for action in ("s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"):
            assert not allows(role, action, f"{arns.photos}/photos/day 1/a.jpg")


def test_only_the_query_function_adds_photos_to_the_inbox(applied_stack: AppliedStack, arns: Arns) -> None:
    may = {
        one for one in FUNCTIONS if allows(applied_stack.policies(one), "s3:PutObject", f"{arns.photos}/photos/inbox/a")
    }
    assert may == {"query"}


def test_the_bot_may_not_read_original_photos_with_their_positions(applied_stack: AppliedStack, arns: Arns) -> None:
    for function in ("page", "worker"):
        role = applied_stack.policies(function)
        assert not allows(role, "s3:GetObject", f"{arns.photos}/photos/a.jpg")
        # The worker gets pictures from the query function.
        assert allows(role, "s3:GetObject", f"{arns.renditions}/ab/abcd-640.jpg") == (function == "page")
        assert not allows(role, "s3:PutObject", f"{arns.renditions}/ab/abcd-640.jpg")


def test_ingest_may_list_the_album_and_notice_missing_photos(applied_stack: AppliedStack, arns: Arns) -> None:
    role = applied_stack.policies("ingest")
    assert allows(role, "s3:ListBucket", arns.photos, {"s3:prefix": "photos/"})
    assert not allows(role, "s3:ListBucket", arns.photos, {"s3:prefix": "chat/"})
    # S3 checks this right, without a prefix, when an object is missing.
    assert allows(role, "s3:ListBucket", arns.photos)


def test_only_the_bot_may_invoke_the_query_function(applied_stack: AppliedStack, arns: Arns) -> None:
    may = {one for one in FUNCTIONS if allows(applied_stack.policies(one), "lambda:InvokeFunction", arns.query)}
    assert may == {"page", "worker"}
    for function in FUNCTIONS:
        assert not allows(applied_stack.policies(function), "lambda:InvokeFunction", arns.page)
    permitted = {one["function_name"] for one in applied_stack.resources("aws_lambda_permission").values()}
    assert permitted == {"cumbre-page"}
    assert {one["function_name"] for one in applied_stack.resources("aws_lambda_function_url").values()} == {
        "cumbre-page"
    }


def test_the_page_sends_to_the_chat_queue_and_the_worker_receives_from_it(
    applied_stack: AppliedStack, arns: Arns
) -> None:
    page, worker = applied_stack.policies("page"), applied_stack.policies("worker")
    assert allows(page, "sqs:SendMessage", arns.chat)
    assert not allows(page, "sqs:ReceiveMessage", arns.chat)
    assert allows(worker, "sqs:ReceiveMessage", arns.chat)
    assert not allows(worker, "sqs:SendMessage", arns.chat)
    assert not allows(worker, "sqs:SendMessage", arns.ingest)


def test_the_ingest_queue_accepts_events_only_from_the_photo_bucket(applied_stack: AppliedStack, arns: Arns) -> None:
    (written,) = (one["policy"] for one in applied_stack.resources("aws_sqs_queue_policy").values())
    policy = [Policy.parse(written)]
    ours = {"aws:SourceArn": arns.photos, "aws:SourceAccount": "123456789012"}
    assert allows(policy, "sqs:SendMessage", arns.ingest, ours)
    assert not allows(policy, "sqs:SendMessage", arns.ingest, ours | {"aws:SourceArn": "arn:aws:s3:::another"})
    assert not allows(policy, "sqs:SendMessage", arns.ingest, ours | {"aws:SourceAccount": "210987654321"})
    assert not allows(policy, "sqs:ReceiveMessage", arns.ingest, ours)


def test_buckets_can_be_accessed_only_with_tls(applied_stack: AppliedStack, arns: Arns) -> None:
    found = [Policy.parse(one["policy"]) for one in applied_stack.resources("aws_s3_bucket_policy").values()]
    assert len(found) == 2
    for bucket, role in ((arns.photos, "ingest"), (arns.renditions, "query")):
        policies = [*found, *applied_stack.policies(role)]
        key = f"{bucket}/photos/a.jpg"
        assert allows(policies, "s3:GetObject", key, {"aws:SecureTransport": "true"})
        assert not allows(policies, "s3:GetObject", key, {"aws:SecureTransport": "false"})


def test_the_schedule_may_invoke_the_ingest_function_and_nothing_else(applied_stack: AppliedStack) -> None:
    (schedule,) = applied_stack.resources("aws_scheduler_schedule").values()
    assert json.loads(schedule["target"][0]["input"]) == {"cumbre": "reconcile"}
    rights = Policy.parse(applied_stack.resources("aws_iam_role_policy")["aws_iam_role_policy.schedule"]["policy"])
    assert [(one.actions, one.resources) for one in rights.statements] == [
        (("lambda:InvokeFunction",), (schedule["target"][0]["arn"],))
    ]
