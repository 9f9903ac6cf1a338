# Permissions of each function: the calls of its code, on its own resources, and no more.
# tests/infra/test_permissions.py checks this.
#
# s3:ListBucket is needed for more than listing: without it S3 answers 403, not 404, if an object is missing, and Cumbre
# relies on 404 to learn that a photo was deleted. Requests for one object have no prefix, hence IfExists.

locals {
  state_calls = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:Query"]
  query_arn   = "arn:${data.aws_partition.this.partition}:lambda:${var.region}:${local.account}:function:${local.names.query}:${local.alias}"
}

data "aws_iam_policy_document" "ingest" {
  statement {
    sid       = "ReadPhotos"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.photos.arn}/photos/*"]
  }
  statement {
    sid       = "ListPhotos"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.photos.arn]

    condition {
      test     = "StringLikeIfExists"
      variable = "s3:prefix"
      values   = ["photos/*"]
    }
  }
  statement {
    sid       = "Renditions"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
    resources = ["${aws_s3_bucket.renditions.arn}/*"]
  }
  statement {
    sid       = "MissingRenditions"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.renditions.arn]
  }
  statement {
    sid = "Queue"
    actions = [
      "sqs:ReceiveMessage",
      "sqs:DeleteMessage",
      "sqs:GetQueueAttributes",
      "sqs:SendMessage",
    ]
    resources = [aws_sqs_queue.ingest.arn]
  }
  statement {
    sid       = "State"
    actions   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"]
    resources = [aws_dynamodb_table.state.arn]
  }
  statement {
    sid       = "Secret"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_secretsmanager_secret.this["index"].arn]
  }
}

data "aws_iam_policy_document" "query" {
  statement {
    sid       = "ReadPhotos"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.photos.arn}/photos/*"]
  }
  statement {
    sid       = "AddPhotos"
    actions   = ["s3:PutObject", "s3:DeleteObject"]
    resources = ["${aws_s3_bucket.photos.arn}/photos/inbox/*"]
  }
  statement {
    sid       = "Staging"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${aws_s3_bucket.photos.arn}/staging/*"]
  }
  statement {
    sid       = "ListPhotos"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.photos.arn]

    condition {
      test     = "StringLikeIfExists"
      variable = "s3:prefix"
      values   = ["photos/*"]
    }
  }
  statement {
    sid       = "Renditions"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
    resources = ["${aws_s3_bucket.renditions.arn}/*"]
  }
  statement {
    sid       = "MissingRenditions"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.renditions.arn]
  }
  statement {
    sid       = "State"
    actions   = local.state_calls
    resources = [aws_dynamodb_table.state.arn]
  }
  statement {
    sid       = "Secret"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_secretsmanager_secret.this["index"].arn]
  }
}

# Common to the page and the worker, which call the query function.
data "aws_iam_policy_document" "asks" {
  statement {
    sid       = "Ask"
    actions   = ["lambda:InvokeFunction"]
    resources = [local.query_arn]
  }
  # Pictures in queries, if they are too large for a direct call.
  statement {
    sid       = "Staging"
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.photos.arn}/staging/*"]
  }
  statement {
    sid       = "State"
    actions   = local.state_calls
    resources = [aws_dynamodb_table.state.arn]
  }
  statement {
    sid       = "Secret"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_secretsmanager_secret.this["bot"].arn]
  }
}

data "aws_iam_policy_document" "page" {
  source_policy_documents = [data.aws_iam_policy_document.asks.json]

  # Uploads, and answers that are too large for a direct call; the worker needs neither.
  statement {
    sid       = "Arrived"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.photos.arn}/staging/*"]
  }
  statement {
    sid       = "MissingPictures"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.photos.arn]

    condition {
      test     = "StringLikeIfExists"
      variable = "s3:prefix"
      values   = ["staging/*", "chat/*"]
    }
  }
  # The URLs that the page presigns for browsers grant no more than this.
  statement {
    sid       = "Renditions"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.renditions.arn}/*"]
  }
  statement {
    sid       = "ChatPictures"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${aws_s3_bucket.photos.arn}/chat/*"]
  }
  statement {
    sid       = "ChatMessages"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.chat.arn]
  }
}

data "aws_iam_policy_document" "worker" {
  source_policy_documents = [data.aws_iam_policy_document.asks.json]

  # Telegram's ids of all pictures of an answer.
  statement {
    sid       = "ManyRecords"
    actions   = ["dynamodb:BatchGetItem"]
    resources = [aws_dynamodb_table.state.arn]
  }
  statement {
    sid = "ChatMessages"
    actions = [
      "sqs:ReceiveMessage",
      "sqs:DeleteMessage",
      "sqs:ChangeMessageVisibility",
      "sqs:GetQueueAttributes",
    ]
    resources = [aws_sqs_queue.chat.arn]
  }
}
