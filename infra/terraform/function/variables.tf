variable "name" {
  description = "Name of the function, its role and its log."
  type        = string
}

variable "alias" {
  description = "Alias through which the function is called."
  type        = string
}

variable "description" {
  type = string
}

variable "image_uri" {
  description = "Repository and tag or digest."
  type        = string
}

variable "command" {
  description = "The handler: MODULE.NAME."
  type        = string
}

variable "memory_mb" {
  description = "Memory; 1769 MB give about one processor core."
  type        = number
}

variable "timeout_s" {
  type = number
}

variable "temporary_mb" {
  description = "Size of /tmp in MB."
  type        = number
  default     = 512
}

variable "provisioned" {
  description = "Number of instances that are always ready."
  type        = number
  default     = 0
}

variable "environment" {
  description = "Settings; empty ones are left out."
  type        = map(string)
}

variable "policy" {
  description = "Permissions in addition to writing its log, as JSON."
  type        = string
}

variable "log_retention_days" {
  type = number
}

variable "alarm_topic" {
  description = "ARN of the SNS topic for alarms."
  type        = string
}
