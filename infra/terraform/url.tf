# The address of the page and of Telegram's webhook. The application authenticates requests by the page's password or
# Telegram's secret.

resource "aws_lambda_function_url" "page" {
  #checkov:skip=CKV_AWS_258:the application requires the password or Telegram's secret; browsers can't sign requests for IAM

  function_name      = module.page.name
  qualifier          = module.page.alias
  authorization_type = "NONE"
}

resource "aws_lambda_permission" "page_url" {
  #checkov:skip=CKV_AWS_301:the page is for browsers and Telegram; the application authenticates requests

  statement_id           = "PageUrl"
  action                 = "lambda:InvokeFunctionUrl"
  function_name          = module.page.name
  qualifier              = module.page.alias
  principal              = "*"
  function_url_auth_type = "NONE"
}

# Since October 2025 a function URL also needs lambda:InvokeFunction, on condition that the call comes through the URL.
# This provider has no argument for that condition, and without it anyone could send forged events. So CloudFormation
# creates the permission.
resource "aws_cloudformation_stack" "page_url" {
  #checkov:skip=CKV_AWS_124:a single permission, which Terraform waits for; nobody needs notifications about it

  name = "${var.name}-page-url"

  template_body = jsonencode({
    Resources = {
      Invoke = {
        Type = "AWS::Lambda::Permission"
        Properties = {
          Action                = "lambda:InvokeFunction"
          FunctionName          = module.page.arn
          Principal             = "*"
          InvokedViaFunctionUrl = true
        }
      }
    }
  })
}

locals {
  page_url = trimsuffix(aws_lambda_function_url.page.function_url, "/")
}
