# Queues of photos to ingest and of chat messages to answer. Messages that failed five times go to a dead-letter queue,
# which has an alarm; `cumbre queue replay` moves photos back.

locals {
  attempts         = 5
  dead_retention_s = 14 * 24 * 3600

  # As AWS recommends for queues that feed functions: an invocation may be throttled and retried before it runs.
  visibility_timeouts = 6
}

resource "aws_sqs_queue" "ingest_dead" {
  name                      = "${var.name}-ingest-dead"
  message_retention_seconds = local.dead_retention_s
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue" "ingest" {
  name                       = "${var.name}-ingest"
  visibility_timeout_seconds = local.visibility_timeouts * var.ingest.timeout_s
  message_retention_seconds  = local.dead_retention_s
  receive_wait_time_seconds  = 20
  sqs_managed_sse_enabled    = true

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.ingest_dead.arn
    maxReceiveCount     = local.attempts
  })
}

resource "aws_sqs_queue_redrive_allow_policy" "ingest_dead" {
  queue_url = aws_sqs_queue.ingest_dead.id

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.ingest.arn]
  })
}

data "aws_iam_policy_document" "ingest_queue" {
  statement {
    sid       = "EventsOfThePhotoBucket"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.ingest.arn]

    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_s3_bucket.photos.arn]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

resource "aws_sqs_queue_policy" "ingest" {
  queue_url = aws_sqs_queue.ingest.id
  policy    = data.aws_iam_policy_document.ingest_queue.json
}

# FIFO: the messages of a chat form a group and stay in order. The application sets the deduplication id.
resource "aws_sqs_queue" "chat_dead" {
  name                      = "${var.name}-chat-dead.fifo"
  fifo_queue                = true
  message_retention_seconds = local.dead_retention_s
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue" "chat" {
  name                        = "${var.name}-chat.fifo"
  fifo_queue                  = true
  content_based_deduplication = false
  visibility_timeout_seconds  = local.visibility_timeouts * var.worker.timeout_s
  # An answer after more than a day is useless.
  message_retention_seconds = 24 * 3600
  receive_wait_time_seconds = 20
  sqs_managed_sse_enabled   = true

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.chat_dead.arn
    maxReceiveCount     = local.attempts
  })
}

resource "aws_sqs_queue_redrive_allow_policy" "chat_dead" {
  queue_url = aws_sqs_queue.chat_dead.id

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.chat.arn]
  })
}
