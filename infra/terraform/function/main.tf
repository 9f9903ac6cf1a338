# One function: its role, its log, and the alias through which it is called. Provisioned concurrency needs an alias, and
# an alias can be pointed at the previous release without Terraform.

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "log" {
  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.this.arn}:*"]
  }
}

resource "aws_iam_role" "this" {
  name               = var.name
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "log" {
  name   = "log"
  role   = aws_iam_role.this.name
  policy = data.aws_iam_policy_document.log.json
}

resource "aws_iam_role_policy" "rights" {
  name   = "rights"
  role   = aws_iam_role.this.name
  policy = var.policy
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158:logs contain no personal data, and are encrypted with CloudWatch's own key
  #checkov:skip=CKV_AWS_338:nobody reads these logs after a month; log_retention_days keeps them longer

  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_117:Elasticsearch is protected by TLS and an API key; a VPC would need a NAT gateway, which costs more than everything else here
  #checkov:skip=CKV_AWS_116:the dead-letter queues of SQS keep failed messages; the schedule runs again anyway
  #checkov:skip=CKV_AWS_50:X-Ray is not used
  #checkov:skip=CKV_AWS_115:MaximumConcurrency of the queues limits it; reserved concurrency would throttle messages into the dead-letter queue
  #checkov:skip=CKV_AWS_173:the environment contains no secrets; they come from Secrets Manager
  #checkov:skip=CKV_AWS_272:Lambda does not support signed container images; the digest pins the image

  function_name = var.name
  description   = var.description
  role          = aws_iam_role.this.arn
  package_type  = "Image"
  image_uri     = var.image_uri
  architectures = ["arm64"]
  memory_size   = var.memory_mb
  timeout       = var.timeout_s
  publish       = true

  image_config {
    command = [var.command]
  }

  ephemeral_storage {
    size = var.temporary_mb
  }

  environment {
    # Empty means the default (docs/settings.md): leave such a setting out.
    variables = { for name, value in var.environment : name => value if value != "" }
  }

  logging_config {
    log_format            = "JSON"
    application_log_level = "INFO"
    system_log_level      = "WARN"
    log_group             = aws_cloudwatch_log_group.this.name
  }

  depends_on = [aws_iam_role_policy.log, aws_iam_role_policy.rights]
}

resource "aws_lambda_alias" "this" {
  name             = var.alias
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version
}

resource "aws_lambda_provisioned_concurrency_config" "this" {
  count = var.provisioned > 0 ? 1 : 0

  function_name                     = aws_lambda_function.this.function_name
  qualifier                         = aws_lambda_alias.this.name
  provisioned_concurrent_executions = var.provisioned
}
