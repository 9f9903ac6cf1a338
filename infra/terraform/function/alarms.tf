locals {
  alarms = {
    errors = {
      metric    = "Errors"
      statistic = "Sum"
      above     = 0
      about     = "invocations failed, or ran out of time or memory"
    }
    throttles = {
      metric    = "Throttles"
      statistic = "Sum"
      above     = 0
      about     = "invocations were throttled: the account's concurrency is used up"
    }
    slow = {
      metric    = "Duration"
      statistic = "Maximum"
      above     = 0.9 * var.timeout_s * 1000
      about     = "an invocation took nine tenths of its time-out"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "${var.name}: ${each.value.about}"
  namespace           = "AWS/Lambda"
  metric_name         = each.value.metric
  dimensions          = { FunctionName = aws_lambda_function.this.function_name }
  statistic           = each.value.statistic
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.above
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.alarm_topic]
  ok_actions          = [var.alarm_topic]
}
