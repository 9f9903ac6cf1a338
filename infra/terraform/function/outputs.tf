output "name" {
  value = aws_lambda_function.this.function_name
}

output "alias" {
  value = aws_lambda_alias.this.name
}

output "arn" {
  description = "ARN of the alias through which the function is called."
  value       = aws_lambda_alias.this.arn
}
