# Tests of the module of one function, planned without an AWS account.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  name               = "cumbre-query"
  alias              = "live"
  description        = "Answers"
  image_uri          = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/cumbre/query:1.0.0"
  command            = "functions.query.entry.handler"
  memory_mb          = 3008
  timeout_s          = 40
  environment        = { CUMBRE_MODEL = "lite", CUMBRE_MAP_TILES = "" }
  policy             = "{}"
  log_retention_days = 30
  alarm_topic        = "arn:aws:sns:eu-central-1:123456789012:cumbre-alarms"
}

run "a_function" {
  command = plan

  module {
    source = "./function"
  }

  assert {
    condition     = aws_lambda_function.this.architectures[0] == "arm64" && aws_lambda_function.this.package_type == "Image"
    error_message = "Functions are container images for arm64."
  }
  assert {
    condition     = aws_lambda_function.this.environment[0].variables == tomap({ CUMBRE_MODEL = "lite" })
    error_message = "An empty setting must be left out."
  }
  assert {
    condition = (
      aws_lambda_function.this.logging_config[0].log_format == "JSON"
      && aws_lambda_function.this.logging_config[0].application_log_level == "INFO"
      && aws_cloudwatch_log_group.this.retention_in_days == 30
    )
    error_message = "Logs must be structured, and must not be kept forever."
  }
  assert {
    condition     = aws_lambda_function.this.reserved_concurrent_executions == null && length(aws_lambda_provisioned_concurrency_config.this) == 0
    error_message = "Nothing may be reserved unless requested."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["slow"].threshold == 36000
    error_message = "Nine tenths of the time-out, in milliseconds, must raise an alarm."
  }
  assert {
    condition     = keys(aws_cloudwatch_metric_alarm.this) == ["errors", "slow", "throttles"]
    error_message = "Errors, throttles and long runs must raise an alarm."
  }
}

run "copies_that_always_wait" {
  command = plan

  module {
    source = "./function"
  }

  variables {
    provisioned = 2
  }

  assert {
    condition     = aws_lambda_provisioned_concurrency_config.this[0].provisioned_concurrent_executions == 2 && aws_lambda_provisioned_concurrency_config.this[0].qualifier == "live"
    error_message = "Provisioned concurrency must belong to the alias through which the function is called."
  }
}
