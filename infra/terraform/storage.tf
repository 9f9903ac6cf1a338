# Two buckets: photos, with events that start the ingest function, and renditions, which must not raise such events.
# Both are encrypted with S3's own keys (SSE-S3). A customer-managed KMS key would cost a call for each picture shown
# and need a policy for every role here. It would add an audit trail, but not protect against readers of the bucket.

resource "aws_s3_bucket" "photos" {
  #checkov:skip=CKV_AWS_145:encrypted with S3's own keys for the reason above
  #checkov:skip=CKV_AWS_18:access logs would contain names of photos and IP addresses; CloudTrail can record access where needed
  #checkov:skip=CKV_AWS_144:replication to another region is up to the album's owner, and doubles the cost

  bucket        = "${var.name}-photos-${local.bucket_suffix}"
  force_destroy = !var.protect_data
}

resource "aws_s3_bucket" "renditions" {
  #checkov:skip=CKV_AWS_145:encrypted with S3's own keys for the reason above
  #checkov:skip=CKV_AWS_18:access logs would contain IP addresses
  #checkov:skip=CKV_AWS_144:renditions can be rebuilt from the photos
  #checkov:skip=CKV_AWS_21:renditions can be rebuilt from the photos, so old versions are useless
  #checkov:skip=CKV2_AWS_62:nothing needs events of renditions

  bucket        = "${var.name}-renditions-${local.bucket_suffix}"
  force_destroy = true
}

locals {
  buckets = { photos = aws_s3_bucket.photos, renditions = aws_s3_bucket.renditions }
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = local.buckets

  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = local.buckets

  bucket = each.value.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = local.buckets

  bucket = each.value.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

data "aws_iam_policy_document" "tls_only" {
  for_each = local.buckets

  statement {
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [each.value.arn, "${each.value.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "tls_only" {
  for_each = local.buckets

  bucket = each.value.id
  policy = data.aws_iam_policy_document.tls_only[each.key].json

  # S3 rejects concurrent changes of one bucket's access settings.
  depends_on = [aws_s3_bucket_public_access_block.this]
}

resource "aws_s3_bucket_versioning" "photos" {
  bucket = aws_s3_bucket.photos.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "photos" {
  bucket = aws_s3_bucket.photos.id

  # Large payloads between functions, and uploads of the page.
  rule {
    id     = "staging"
    status = "Enabled"

    filter {
      prefix = "staging/"
    }
    expiration {
      days = 1
    }
    noncurrent_version_expiration {
      noncurrent_days = 1
    }
  }

  # Pictures that people sent in the page's chat.
  rule {
    id     = "chat"
    status = "Enabled"

    filter {
      prefix = "chat/"
    }
    expiration {
      days = 8
    }
    noncurrent_version_expiration {
      noncurrent_days = 1
    }
  }

  rule {
    id     = "replaced"
    status = "Enabled"

    filter {
      prefix = "photos/"
    }
    noncurrent_version_expiration {
      noncurrent_days = var.keep_replaced_days
    }
  }

  rule {
    id     = "leftovers"
    status = "Enabled"

    filter {}
    expiration {
      expired_object_delete_marker = true
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  depends_on = [aws_s3_bucket_versioning.photos]
}

resource "aws_s3_bucket_lifecycle_configuration" "renditions" {
  bucket = aws_s3_bucket.renditions.id

  rule {
    id     = "leftovers"
    status = "Enabled"

    filter {}
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

# The page uploads directly to staging/, with a form presigned by the page function.
resource "aws_s3_bucket_cors_configuration" "photos" {
  bucket = aws_s3_bucket.photos.id

  cors_rule {
    allowed_methods = ["POST"]
    allowed_origins = concat([local.page_url], [for host in var.allowed_hosts : "https://${host}"])
    allowed_headers = ["*"]
    max_age_seconds = 3600
  }
}

resource "aws_s3_bucket_notification" "photos" {
  bucket = aws_s3_bucket.photos.id

  queue {
    id            = "photos"
    queue_arn     = aws_sqs_queue.ingest.arn
    filter_prefix = "photos/"
    events = [
      "s3:ObjectCreated:*",
      "s3:ObjectRemoved:*",
      "s3:ObjectRestore:Completed",
      "s3:LifecycleExpiration:*",
    ]
  }

  depends_on = [aws_sqs_queue_policy.ingest]
}
