output "name" {
  value = aws_lambda_function.this.function_name
}

output "alias" {
  value = aws_lambda_alias.this.name
}

output "arn" {
  description = "The alias's ARN, by which it is called."
  value       = aws_lambda_alias.this.arn
}
