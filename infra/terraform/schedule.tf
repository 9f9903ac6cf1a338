# Events may be lost; a scheduled comparison of the whole album with the index finds what they missed.

data "aws_iam_policy_document" "schedule_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

data "aws_iam_policy_document" "schedule" {
  statement {
    sid       = "Start"
    actions   = ["lambda:InvokeFunction"]
    resources = [module.ingest.arn]
  }
}

resource "aws_iam_role" "schedule" {
  name               = "${var.name}-schedule"
  assume_role_policy = data.aws_iam_policy_document.schedule_trust.json
}

resource "aws_iam_role_policy" "schedule" {
  name   = "rights"
  role   = aws_iam_role.schedule.name
  policy = data.aws_iam_policy_document.schedule.json
}

resource "aws_scheduler_schedule" "reconcile" {
  #checkov:skip=CKV_AWS_297:the schedule contains nothing but {"cumbre": "reconcile"}

  name                = "${var.name}-reconcile"
  schedule_expression = var.reconcile_every

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = module.ingest.arn
    role_arn = aws_iam_role.schedule.arn
    input    = jsonencode({ cumbre = "reconcile" })

    retry_policy {
      maximum_event_age_in_seconds = 600
      maximum_retry_attempts       = 2
    }
  }
}
