# One repository for each image, a target of infra/Dockerfile. Tags are immutable, so a release never changes.

resource "aws_ecr_repository" "this" {
  #checkov:skip=CKV_AWS_136:encrypted with ECR's own key; images contain no secrets

  for_each = toset(["ingest", "query", "bot"])

  name                 = "${var.name}/${each.key}"
  image_tag_mutability = "IMMUTABLE"
  force_delete         = !var.protect_data

  image_scanning_configuration {
    scan_on_push = true
  }
}

resource "aws_ecr_lifecycle_policy" "this" {
  for_each = aws_ecr_repository.this

  repository = each.value.name
  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "keep the last ten releases"
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 10 }
      action       = { type = "expire" }
    }]
  })
}

data "aws_iam_policy_document" "pull" {
  statement {
    sid     = "FunctionsOfOurs"
    actions = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${data.aws_partition.this.partition}:lambda:${var.region}:${local.account}:function:${var.name}-*"]
    }
  }
}

resource "aws_ecr_repository_policy" "pull" {
  for_each = aws_ecr_repository.this

  repository = each.value.name
  policy     = data.aws_iam_policy_document.pull.json
}

locals {
  image_uris = {
    for name, image in var.images :
    name => "${aws_ecr_repository.this[name].repository_url}${startswith(image, "sha256:") ? "@" : ":"}${image}"
  }
}
