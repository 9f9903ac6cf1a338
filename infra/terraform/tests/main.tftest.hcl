# Tests of the configuration, planned without an AWS account: `terraform test`.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  region            = "eu-central-1"
  elasticsearch_url = "https://search.example.org:9243"
  images            = { ingest = "1.0.0", query = "1.0.0", bot = "1.0.0" }
}

run "queues" {
  command = plan

  variables {
    ingest = { timeout_s = 120 }
    worker = { timeout_s = 100 }
  }

  assert {
    condition     = aws_sqs_queue.ingest.visibility_timeout_seconds == 720
    error_message = "A photo must stay hidden for six times the function's time-out."
  }
  assert {
    condition     = aws_sqs_queue.chat.visibility_timeout_seconds == 600
    error_message = "A message must stay hidden for six times the function's time-out."
  }
  assert {
    condition     = aws_sqs_queue.ingest_dead.message_retention_seconds == 1209600 && aws_sqs_queue.chat_dead.message_retention_seconds == 1209600
    error_message = "Dead letters must be kept for 14 days."
  }
  assert {
    condition = alltrue([
      for queue in [aws_sqs_queue.ingest, aws_sqs_queue.ingest_dead, aws_sqs_queue.chat, aws_sqs_queue.chat_dead] :
      queue.sqs_managed_sse_enabled
    ])
    error_message = "Queues must be encrypted."
  }
  assert {
    condition     = aws_sqs_queue.chat.fifo_queue && aws_sqs_queue.chat_dead.fifo_queue && !aws_sqs_queue.chat.content_based_deduplication
    error_message = "Messages of a chat must keep their order, and the application sets their deduplication ids."
  }
  assert {
    condition = alltrue([
      for mapping in [aws_lambda_event_source_mapping.ingest, aws_lambda_event_source_mapping.worker] :
      contains(mapping.function_response_types, "ReportBatchItemFailures") && mapping.scaling_config[0].maximum_concurrency == 10
    ])
    error_message = "Failures must be reported per message, and concurrency must be limited."
  }
}

run "dead_letters" {
  command = plan

  # ARNs that are known before the queues are created.
  override_resource {
    target          = aws_sqs_queue.ingest
    override_during = plan
    values          = { arn = "arn:aws:sqs:eu-central-1:123456789012:ingest" }
  }
  override_resource {
    target          = aws_sqs_queue.ingest_dead
    override_during = plan
    values          = { arn = "arn:aws:sqs:eu-central-1:123456789012:ingest_dead" }
  }
  override_resource {
    target          = aws_sqs_queue.chat
    override_during = plan
    values          = { arn = "arn:aws:sqs:eu-central-1:123456789012:chat" }
  }
  override_resource {
    target          = aws_sqs_queue.chat_dead
    override_during = plan
    values          = { arn = "arn:aws:sqs:eu-central-1:123456789012:chat_dead" }
  }

  assert {
    condition = alltrue([
      for pair in [
        [aws_sqs_queue.ingest, aws_sqs_queue.ingest_dead],
        [aws_sqs_queue.chat, aws_sqs_queue.chat_dead],
      ] : jsondecode(pair[0].redrive_policy) == { deadLetterTargetArn = pair[1].arn, maxReceiveCount = 5 }
    ])
    error_message = "Messages that failed five times must go to the queue's own dead-letter queue."
  }
  assert {
    condition = (
      jsondecode(aws_sqs_queue_redrive_allow_policy.ingest_dead.redrive_allow_policy).sourceQueueArns == [aws_sqs_queue.ingest.arn]
      && jsondecode(aws_sqs_queue_redrive_allow_policy.chat_dead.redrive_allow_policy).sourceQueueArns == [aws_sqs_queue.chat.arn]
    )
    error_message = "Only its own queue may use a dead-letter queue."
  }
}

run "storage" {
  command = plan

  assert {
    condition     = aws_s3_bucket.photos.bucket == "cumbre-photos-123456789012-eu-central-1" && !aws_s3_bucket.photos.force_destroy
    error_message = "The photos must have a bucket named after this account, which can't be emptied by mistake."
  }
  assert {
    condition = length(aws_s3_bucket_public_access_block.this) == 2 && alltrue([
      for block in aws_s3_bucket_public_access_block.this :
      block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets
    ])
    error_message = "No bucket may be public."
  }
  assert {
    condition = length(aws_s3_bucket_server_side_encryption_configuration.this) == 2 && alltrue([
      for one in aws_s3_bucket_ownership_controls.this : one.rule[0].object_ownership == "BucketOwnerEnforced"
    ])
    error_message = "Both buckets must be encrypted, and only their owner may own objects."
  }
  assert {
    condition     = aws_s3_bucket_versioning.photos.versioning_configuration[0].status == "Enabled"
    error_message = "A deleted photo must be recoverable."
  }
  assert {
    condition = {
      for rule in aws_s3_bucket_lifecycle_configuration.photos.rule : rule.id => rule.expiration[0].days
      if contains(["staging", "chat"], rule.id)
    } == { staging = 1, chat = 8 }
    error_message = "Staged files must expire after a day, pictures of a chat after eight."
  }
  assert {
    condition     = aws_s3_bucket_notification.photos.queue[0].filter_prefix == "photos/"
    error_message = "Only the album's own events may start the ingest function."
  }
}

run "state" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.state.hash_key == "kind" && aws_dynamodb_table.state.range_key == "key" && aws_dynamodb_table.state.billing_mode == "PAY_PER_REQUEST"
    error_message = "The table must have the keys that cumbre/state/dynamodb.py expects."
  }
  assert {
    condition     = aws_dynamodb_table.state.ttl[0].attribute_name == "expires_at" && aws_dynamodb_table.state.ttl[0].enabled
    error_message = "Records must expire."
  }
  assert {
    condition     = aws_dynamodb_table.state.point_in_time_recovery[0].enabled && aws_dynamodb_table.state.deletion_protection_enabled
    error_message = "People's corrections must be recoverable, and protected from deletion by mistake."
  }
}

run "doors" {
  command = plan

  assert {
    condition     = aws_lambda_function_url.page.authorization_type == "NONE" && aws_lambda_function_url.page.qualifier == "live"
    error_message = "The page must be open to browsers and Telegram."
  }
  assert {
    condition     = aws_lambda_permission.page_url.function_url_auth_type == "NONE" && aws_lambda_permission.page_url.function_name == "cumbre-page"
    error_message = "Everyone may call the page, but only through its address."
  }
  assert {
    condition     = strcontains(aws_scheduler_schedule.reconcile.target[0].input, "reconcile") && aws_scheduler_schedule.reconcile.schedule_expression == "rate(1 hour)"
    error_message = "The album must be compared with the index every hour."
  }
  assert {
    condition     = alltrue([for repository in aws_ecr_repository.this : repository.image_tag_mutability == "IMMUTABLE"])
    error_message = "A release must never change."
  }
}

run "alarms" {
  command = plan

  variables {
    alarm_email = "club@example.org"
  }

  assert {
    condition = alltrue([
      for name in ["ingest-dead", "chat-dead"] :
      aws_cloudwatch_metric_alarm.queue[name].threshold == 0 && aws_cloudwatch_metric_alarm.queue[name].metric_name == "ApproximateNumberOfMessagesVisible"
    ])
    error_message = "A dead letter must raise an alarm."
  }
  assert {
    condition     = aws_sns_topic_subscription.email[0].endpoint == "club@example.org"
    error_message = "Alarms must reach somebody."
  }
}

run "a_queue_needs_a_timeout_that_lambda_takes" {
  command = plan
  variables {
    ingest = { timeout_s = 1000 }
  }
  expect_failures = [var.ingest]
}

run "the_page_waits_longer_than_the_answer_takes" {
  command = plan
  variables {
    query = { timeout_s = 60 }
    page  = { timeout_s = 60 }
  }
  expect_failures = [var.page]
}

run "elasticsearch_has_tls_and_no_password_in_its_address" {
  command = plan
  variables {
    elasticsearch_url = "https://elastic:secret@search.example.org"
  }
  expect_failures = [var.elasticsearch_url]
}

run "a_release_has_a_name" {
  command = plan
  variables {
    images = { ingest = "latest", query = "1.0.0", bot = "1.0.0" }
  }
  expect_failures = [var.images]
}

run "nonsense_is_refused" {
  command = plan
  variables {
    name                  = "Cumbre!"
    region                = "the moon"
    index_prefix          = "_photos"
    model                 = "huge"
    reconcile_every       = "now and then"
    telegram_allowed      = ["@mira"]
    telegram_may_add      = ["everyone"]
    telegram_storage_chat = "here"
    allowed_hosts         = ["https://photos.example.org/"]
    map_tiles             = "https://tiles.example.org/{z}.png"
    alarm_email           = "mira"
    log_retention_days    = 2
    keep_replaced_days    = 0
  }
  expect_failures = [
    var.name,
    var.region,
    var.index_prefix,
    var.model,
    var.reconcile_every,
    var.telegram_allowed,
    var.telegram_may_add,
    var.telegram_storage_chat,
    var.allowed_hosts,
    var.map_tiles,
    var.alarm_email,
    var.log_retention_days,
    var.keep_replaced_days,
  ]
}
