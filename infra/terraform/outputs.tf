output "page_url" {
  description = "Address of the page; Telegram's webhook is below it."
  value       = local.page_url
}

output "photo_bucket" {
  description = "The bucket for photos; upload them below photos/."
  value       = aws_s3_bucket.photos.bucket
}

output "rendition_bucket" {
  value = aws_s3_bucket.renditions.bucket
}

output "state_table" {
  value = aws_dynamodb_table.state.name
}

output "queues" {
  description = "Addresses of the queues and of their dead-letter queues."
  value = {
    ingest      = aws_sqs_queue.ingest.url
    ingest_dead = aws_sqs_queue.ingest_dead.url
    chat        = aws_sqs_queue.chat.url
    chat_dead   = aws_sqs_queue.chat_dead.url
  }
}

output "functions" {
  description = "Names of the functions."
  value       = local.names
}

output "secrets" {
  description = "Names of the secrets; you set their values."
  value       = { for name, secret in aws_secretsmanager_secret.this : name => secret.name }
}

output "repositories" {
  description = "Addresses of the image repositories."
  value       = { for name, repository in aws_ecr_repository.this : name => repository.repository_url }
}

output "alarm_topic" {
  value = aws_sns_topic.alarms.arn
}

output "environment" {
  description = "A .env file for commands on your machine that use this album: terraform output -raw environment."
  value = join("", [for name, value in merge(
    local.library,
    local.staging,
    {
      CUMBRE_STATE            = local.everywhere.CUMBRE_STATE
      CUMBRE_RENDITIONS       = local.everywhere.CUMBRE_RENDITIONS
      CUMBRE_QUEUE            = aws_sqs_queue.ingest.url
      CUMBRE_CHAT_QUEUE       = aws_sqs_queue.chat.url
      CUMBRE_QUERY_FUNCTION   = local.asks.CUMBRE_QUERY_FUNCTION
      CUMBRE_TELEGRAM_WEBHOOK = local.page_url
      CUMBRE_SECRETS          = join(",", [for name in keys(local.secrets) : aws_secretsmanager_secret.this[name].name])
      CUMBRE_MODEL            = var.model
    },
  ) : "${name}=${value}\n"])
}
