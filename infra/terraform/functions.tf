# Four functions from three images. Each has its own role; permissions.tf defines the permissions.

locals {
  model = var.model == "lite" ? "lite" : "/opt/models/siglip2-base-patch16-224"

  # Settings of docs/settings.md. Secret settings come from CUMBRE_SECRETS.
  everywhere = {
    CUMBRE_HOME       = "/tmp/cumbre"
    CUMBRE_STATE      = "dynamodb:${aws_dynamodb_table.state.name}"
    CUMBRE_RENDITIONS = "s3://${aws_s3_bucket.renditions.bucket}"
  }
  staging = { CUMBRE_STAGING = "s3://${aws_s3_bucket.photos.bucket}/staging" }
  library = {
    CUMBRE_STORAGE      = "s3://${aws_s3_bucket.photos.bucket}/photos"
    CUMBRE_INDEX        = var.elasticsearch_url
    CUMBRE_INDEX_PREFIX = var.index_prefix
    CUMBRE_MODEL        = local.model
    CUMBRE_SECRETS      = aws_secretsmanager_secret.this["index"].arn
  }
  asks = {
    CUMBRE_QUERY_FUNCTION        = "${local.names.query}:${local.alias}"
    CUMBRE_CHAT_QUEUE            = aws_sqs_queue.chat.url
    CUMBRE_SECRETS               = aws_secretsmanager_secret.this["bot"].arn
    CUMBRE_TELEGRAM_ALLOWED      = join(",", var.telegram_allowed)
    CUMBRE_TELEGRAM_MAY_ADD      = join(",", var.telegram_may_add)
    CUMBRE_TELEGRAM_STORAGE_CHAT = var.telegram_storage_chat
  }
  page = {
    CUMBRE_ALLOWED_HOSTS   = join(",", var.allowed_hosts)
    CUMBRE_MAP_TILES       = var.map_tiles
    CUMBRE_MAP_ATTRIBUTION = var.map_attribution
  }

  # A running function keeps the secrets it has read. A new description makes a new version, which reads them again.
  secrets_of = var.secrets_changed == "" ? "" : " (secrets of ${var.secrets_changed})"

  # The callers' permissions name the functions, and the functions need the permissions: names here avoid a cycle.
  alias = "live"
  names = {
    ingest = "${var.name}-ingest"
    query  = "${var.name}-query"
    page   = "${var.name}-page"
    worker = "${var.name}-worker"
  }
}

module "ingest" {
  source = "./function"

  name               = local.names.ingest
  alias              = local.alias
  description        = "Adds photos to the index${local.secrets_of}"
  image_uri          = local.image_uris.ingest
  command            = "functions.ingest.entry.handler"
  memory_mb          = var.ingest.memory_mb
  timeout_s          = var.ingest.timeout_s
  temporary_mb       = var.ingest.temporary_mb
  environment        = merge(local.everywhere, local.library, { CUMBRE_QUEUE = aws_sqs_queue.ingest.url })
  policy             = data.aws_iam_policy_document.ingest.json
  log_retention_days = var.log_retention_days
  alarm_topic        = aws_sns_topic.alarms.arn

  depends_on = [aws_ecr_repository_policy.pull]
}

module "query" {
  source = "./function"

  name               = local.names.query
  alias              = local.alias
  description        = "Answers queries of the page and the worker only${local.secrets_of}"
  image_uri          = local.image_uris.query
  command            = "functions.query.entry.handler"
  memory_mb          = var.query.memory_mb
  timeout_s          = var.query.timeout_s
  temporary_mb       = var.query.temporary_mb
  provisioned        = var.query.provisioned
  environment        = merge(local.everywhere, local.library, local.staging)
  policy             = data.aws_iam_policy_document.query.json
  log_retention_days = var.log_retention_days
  alarm_topic        = aws_sns_topic.alarms.arn

  depends_on = [aws_ecr_repository_policy.pull]
}

module "page" {
  source = "./function"

  name               = local.names.page
  alias              = local.alias
  description        = "Serves the page and Telegram's webhook${local.secrets_of}"
  image_uri          = local.image_uris.bot
  command            = "bot.aws.entry.page"
  memory_mb          = var.page.memory_mb
  timeout_s          = var.page.timeout_s
  provisioned        = var.page.provisioned
  environment        = merge(local.everywhere, local.staging, local.asks, local.page)
  policy             = data.aws_iam_policy_document.page.json
  log_retention_days = var.log_retention_days
  alarm_topic        = aws_sns_topic.alarms.arn

  depends_on = [aws_ecr_repository_policy.pull]
}

module "worker" {
  source = "./function"

  name               = local.names.worker
  alias              = local.alias
  description        = "Answers chat messages${local.secrets_of}"
  image_uri          = local.image_uris.bot
  command            = "bot.aws.entry.worker"
  memory_mb          = var.worker.memory_mb
  timeout_s          = var.worker.timeout_s
  environment        = merge(local.everywhere, local.staging, local.asks)
  policy             = data.aws_iam_policy_document.worker.json
  log_retention_days = var.log_retention_days
  alarm_topic        = aws_sns_topic.alarms.arn

  depends_on = [aws_ecr_repository_policy.pull]
}

resource "aws_lambda_event_source_mapping" "ingest" {
  event_source_arn                   = aws_sqs_queue.ingest.arn
  function_name                      = module.ingest.arn
  batch_size                         = var.ingest.batch
  maximum_batching_window_in_seconds = 1
  function_response_types            = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = var.ingest.concurrency
  }
}

resource "aws_lambda_event_source_mapping" "worker" {
  event_source_arn        = aws_sqs_queue.chat.arn
  function_name           = module.worker.arn
  batch_size              = var.worker.batch
  function_response_types = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = var.worker.concurrency
  }
}
