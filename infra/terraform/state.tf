# State that can't be rebuilt from the photos: corrections, people's own peaks, the bot's memory. TTL deletes old items.

resource "aws_dynamodb_table" "state" {
  #checkov:skip=CKV_AWS_119:encrypted with DynamoDB's own key, as the buckets are (storage.tf)

  name                        = "${var.name}-state"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "kind"
  range_key                   = "key"
  deletion_protection_enabled = var.protect_data

  attribute {
    name = "kind"
    type = "S"
  }
  attribute {
    name = "key"
    type = "S"
  }

  ttl {
    attribute_name = "expires_at"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = false # DynamoDB's own key; true would be KMS's
  }
}
