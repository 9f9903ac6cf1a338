variable "name" {
  description = "Name of the function, its role and its log."
  type        = string
}

variable "alias" {
  description = "The alias by which it is called."
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
  description = "1769 MB are about one processor core."
  type        = number
}

variable "timeout_s" {
  type = number
}

variable "temporary_mb" {
  description = "Size of /tmp."
  type        = number
  default     = 512
}

variable "provisioned" {
  description = "Copies that always wait."
  type        = number
  default     = 0
}

variable "environment" {
  description = "Settings; those that are empty are left out."
  type        = map(string)
}

variable "policy" {
  description = "What it may do beside writing its log, as JSON."
  type        = string
}

variable "log_retention_days" {
  type = number
}

variable "alarm_topic" {
  description = "ARN of the SNS topic of alarms."
  type        = string
}
