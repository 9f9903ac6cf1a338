# The topic of all alarms, and the alarms of the queues. function/alarms.tf has those of the functions.

resource "aws_sns_topic" "alarms" {
  #checkov:skip=CKV_AWS_26:CloudWatch can't publish to a topic encrypted with SNS's own key; messages contain only names and numbers

  name = "${var.name}-alarms"
}

data "aws_iam_policy_document" "alarms" {
  statement {
    sid       = "AlarmsOfThisAccount"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alarms.arn]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

resource "aws_sns_topic_policy" "alarms" {
  arn    = aws_sns_topic.alarms.arn
  policy = data.aws_iam_policy_document.alarms.json
}

resource "aws_sns_topic_subscription" "email" {
  count = var.alarm_email == "" ? 0 : 1

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

locals {
  queue_alarms = {
    ingest-dead = {
      queue  = aws_sqs_queue.ingest_dead.name
      metric = "ApproximateNumberOfMessagesVisible"
      above  = 0
      about  = "photos failed five times: run cumbre queue show"
    }
    chat-dead = {
      queue  = aws_sqs_queue.chat_dead.name
      metric = "ApproximateNumberOfMessagesVisible"
      above  = 0
      about  = "chat messages failed five times: see the log of the worker"
    }
    ingest-late = {
      queue  = aws_sqs_queue.ingest.name
      metric = "ApproximateAgeOfOldestMessage"
      above  = 4 * 3600
      about  = "a photo has waited for four hours: too many photos at once, or Elasticsearch is unreachable"
    }
    chat-late = {
      queue  = aws_sqs_queue.chat.name
      metric = "ApproximateAgeOfOldestMessage"
      above  = 300
      about  = "a chat message has waited for five minutes"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "queue" {
  for_each = local.queue_alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.about
  namespace           = "AWS/SQS"
  metric_name         = each.value.metric
  dimensions          = { QueueName = each.value.queue }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.above
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}
