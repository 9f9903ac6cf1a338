# The secrets, without values. Terraform never sees a value: you store them (docs/deploy.md), and functions read them.

locals {
  secrets = {
    index = "CUMBRE_INDEX_API_KEY of Elasticsearch, as a JSON object"
    bot   = "CUMBRE_TELEGRAM_TOKEN, CUMBRE_TELEGRAM_WEBHOOK_SECRET and CUMBRE_PASSWORD, as a JSON object"
  }
}

resource "aws_secretsmanager_secret" "this" {
  #checkov:skip=CKV_AWS_149:encrypted with Secrets Manager's own key; only the roles in permissions.tf may read it
  #checkov:skip=CKV2_AWS_57:keys of Elasticsearch and Telegram must be rotated there, not by AWS; docs/deploy.md says how

  for_each = local.secrets

  name                    = "${var.name}/${each.key}"
  description             = each.value
  recovery_window_in_days = var.protect_data ? 7 : 0
}
