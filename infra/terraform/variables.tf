variable "name" {
  description = "Prefix of all names; two albums in one account need different prefixes."
  type        = string
  default     = "cumbre"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 20 lowercase letters, digits and hyphens, begin with a letter and not end with a hyphen."
  }
}

variable "region" {
  description = "AWS region, such as eu-central-1: near the users and near Elasticsearch."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be an AWS region, such as eu-central-1."
  }
}

variable "tags" {
  description = "Additional tags for all resources."
  type        = map(string)
  default     = {}
}

variable "images" {
  description = "The image of each function in its ECR repository: a tag, or better a digest (sha256:...)."
  type = object({
    ingest = string
    query  = string
    bot    = string
  })

  validation {
    condition = alltrue([
      for image in values(var.images) : can(regex("^(sha256:[0-9a-f]{64}|[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})$", image))
    ])
    error_message = "images must be tags, or digests: sha256: and 64 digits from 0 to f."
  }

  validation {
    condition     = !contains(values(var.images), "latest")
    error_message = "images must not be latest: name a release, so that you can roll back to it."
  }
}

variable "elasticsearch_url" {
  description = "https://HOST:PORT of Elasticsearch 9.3 or newer, reachable for the functions."
  type        = string

  validation {
    condition     = can(regex("^https://[^/@?#[:space:]]+(/[^@?#[:space:]]*)?$", var.elasticsearch_url))
    error_message = "elasticsearch_url must be https://HOST:PORT, without user and password: the key is a secret."
  }
}

variable "index_prefix" {
  description = "Prefix of the names of the Elasticsearch indices."
  type        = string
  default     = "cumbre-"

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9_.-]{0,99}$", var.index_prefix))
    error_message = "index_prefix must be lowercase letters, digits, '.', '-' and '_', and begin with a letter or digit."
  }
}

variable "model" {
  description = "The encoder in the images: lite, or siglip2 if they were built with MODEL=siglip2."
  type        = string
  default     = "lite"

  validation {
    condition     = contains(["lite", "siglip2"], var.model)
    error_message = "model must be lite or siglip2."
  }
}

variable "ingest" {
  description = <<-EOT
    The function that indexes photos. timeout_s also limits a comparison of the whole album; a failed message is retried
    after six times timeout_s. batch: photos per invocation. concurrency: invocations at once, which load Elasticsearch.
  EOT
  type = object({
    memory_mb    = optional(number, 3008)
    timeout_s    = optional(number, 300)
    temporary_mb = optional(number, 1024)
    batch        = optional(number, 10)
    concurrency  = optional(number, 10)
  })
  default = {}

  validation {
    condition     = var.ingest.memory_mb >= 1024 && var.ingest.memory_mb <= 10240
    error_message = "ingest.memory_mb must be from 1024 to 10240."
  }
  validation {
    condition     = var.ingest.timeout_s >= 60 && var.ingest.timeout_s <= 900
    error_message = "ingest.timeout_s must be from 60 to 900."
  }
  validation {
    condition     = var.ingest.temporary_mb >= 512 && var.ingest.temporary_mb <= 10240
    error_message = "ingest.temporary_mb must be from 512 to 10240."
  }
  validation {
    condition     = var.ingest.batch >= 1 && var.ingest.batch <= 10
    error_message = "ingest.batch must be from 1 to 10."
  }
  validation {
    condition     = var.ingest.concurrency >= 2 && var.ingest.concurrency <= 1000
    error_message = "ingest.concurrency must be from 2 to 1000."
  }
}

variable "query" {
  description = "The function that answers queries. provisioned: instances that are always ready, without a cold start."
  type = object({
    memory_mb    = optional(number, 3008)
    timeout_s    = optional(number, 45)
    temporary_mb = optional(number, 1024)
    provisioned  = optional(number, 0)
  })
  default = {}

  validation {
    condition     = var.query.memory_mb >= 1024 && var.query.memory_mb <= 10240
    error_message = "query.memory_mb must be from 1024 to 10240."
  }
  validation {
    condition     = var.query.timeout_s >= 10 && var.query.timeout_s <= 300
    error_message = "query.timeout_s must be from 10 to 300."
  }
  validation {
    condition     = var.query.temporary_mb >= 512 && var.query.temporary_mb <= 10240
    error_message = "query.temporary_mb must be from 512 to 10240."
  }
  validation {
    condition     = var.query.provisioned >= 0 && var.query.provisioned <= 100
    error_message = "query.provisioned must be from 0 to 100."
  }
}

variable "page" {
  description = "The function behind the page and Telegram's webhook. provisioned: instances that are always ready."
  type = object({
    memory_mb   = optional(number, 1024)
    timeout_s   = optional(number, 60)
    provisioned = optional(number, 0)
  })
  default = {}

  validation {
    condition     = var.page.memory_mb >= 512 && var.page.memory_mb <= 10240
    error_message = "page.memory_mb must be from 512 to 10240."
  }
  validation {
    condition     = var.page.timeout_s > var.query.timeout_s && var.page.timeout_s <= 900
    error_message = "page.timeout_s must be more than query.timeout_s, because it waits for that answer, and at most 900."
  }
  validation {
    condition     = var.page.provisioned >= 0 && var.page.provisioned <= 100
    error_message = "page.provisioned must be from 0 to 100."
  }
}

variable "worker" {
  description = "The function that answers chat messages. batch: messages per invocation. concurrency: invocations at once."
  type = object({
    memory_mb   = optional(number, 1024)
    timeout_s   = optional(number, 90)
    batch       = optional(number, 10)
    concurrency = optional(number, 10)
  })
  default = {}

  validation {
    condition     = var.worker.memory_mb >= 512 && var.worker.memory_mb <= 10240
    error_message = "worker.memory_mb must be from 512 to 10240."
  }
  validation {
    condition     = var.worker.timeout_s > var.query.timeout_s && var.worker.timeout_s <= 900
    error_message = "worker.timeout_s must be more than query.timeout_s, because it waits for that answer, and at most 900."
  }
  validation {
    condition     = var.worker.batch >= 1 && var.worker.batch <= 10
    error_message = "worker.batch must be from 1 to 10."
  }
  validation {
    condition     = var.worker.concurrency >= 2 && var.worker.concurrency <= 1000
    error_message = "worker.concurrency must be from 2 to 1000."
  }
}

variable "reconcile_every" {
  description = "How often the whole album is compared with the index: rate(...) or cron(...), in UTC."
  type        = string
  default     = "rate(1 hour)"

  validation {
    condition     = can(regex("^(rate\\([1-9][0-9]* (minute|hour|day)s?\\)|cron\\([^()]+\\))$", var.reconcile_every))
    error_message = "reconcile_every must be a schedule expression of EventBridge Scheduler, such as rate(1 hour)."
  }
}

variable "telegram_allowed" {
  description = "Ids of the users and groups that the bot answers; [\"everyone\"] for everyone."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for id in var.telegram_allowed : can(regex("^(everyone|-?[0-9]{1,20})$", id))])
    error_message = "telegram_allowed must be ids, such as 123456789 or -1001234567890, or everyone."
  }
}

variable "telegram_may_add" {
  description = "Ids of the users who may add photos to the album."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for id in var.telegram_may_add : can(regex("^[0-9]{1,20}$", id))])
    error_message = "telegram_may_add must be ids of users, such as 123456789."
  }
}

variable "telegram_storage_chat" {
  description = "Id of a private chat where the bot stores pictures for inline answers; empty: none."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^(-?[0-9]{1,20})?$", var.telegram_storage_chat))
    error_message = "telegram_storage_chat must be the id of a chat, such as -1001234567890."
  }
}

variable "allowed_hosts" {
  description = "Your own host names for the page (behind a proxy or CloudFront), in addition to its function URL."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for host in var.allowed_hosts : can(regex("^[a-z0-9-]+([.][a-z0-9-]+)+$", host))])
    error_message = "allowed_hosts must be host names, such as photos.example.org."
  }
}

variable "map_tiles" {
  description = "Map tiles for the page's map, as https://HOST/{z}/{x}/{y}.png; empty: none."
  type        = string
  default     = ""

  validation {
    condition = var.map_tiles == "" || (startswith(var.map_tiles, "https://") && alltrue([
      for part in ["{z}", "{x}", "{y}"] : strcontains(var.map_tiles, part)
    ]))
    error_message = "map_tiles must be an address such as https://tiles.example.org/{z}/{x}/{y}.png."
  }
}

variable "map_attribution" {
  description = "Attribution shown on a map with these tiles."
  type        = string
  default     = ""
}

variable "alarm_email" {
  description = "E-mail address for alarms, which must be confirmed once. Empty: alarms go to the SNS topic only."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^([^@[:space:]]+@[^@[:space:]]+[.][^@[:space:]]+)?$", var.alarm_email))
    error_message = "alarm_email must be an e-mail address."
  }
}

variable "log_retention_days" {
  description = "How many days the functions' logs are kept."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.log_retention_days)
    error_message = "log_retention_days must be one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731."
  }
}

variable "keep_replaced_days" {
  description = "How many days a deleted or overwritten photo can be restored."
  type        = number
  default     = 30

  validation {
    condition     = var.keep_replaced_days >= 1 && var.keep_replaced_days <= 3650
    error_message = "keep_replaced_days must be from 1 to 3650."
  }
}

variable "secrets_changed" {
  description = "Any text. Change it after the secrets have changed: the functions then restart and read them."
  type        = string
  default     = ""
}

variable "protect_data" {
  description = "true: terraform destroy stops with an error at photos, images and the state. Set false before you remove everything."
  type        = bool
  default     = true
}
