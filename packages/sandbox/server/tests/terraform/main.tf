# One of each resource that a fleet of nodes needs. A load balancer is left out: the provider polls a minute for it.
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}
provider "aws" {
  region              = "eu-central-1"
  allowed_account_ids = ["000000000000"]
  default_tags { tags = { project = "coinfleet", environment = "sandbox" } }
}
data "aws_caller_identity" "me" {}
data "aws_ami" "source" {
  owners      = ["136693071363"]
  most_recent = true
  filter {
    name   = "name"
    values = ["debian-12-amd64-sandbox"]
  }
}
resource "aws_vpc" "v" {
  cidr_block           = "10.0.0.0/16"
  enable_dns_hostnames = true
}
resource "aws_default_security_group" "d" { vpc_id = aws_vpc.v.id }
resource "aws_internet_gateway" "g" { vpc_id = aws_vpc.v.id }
resource "aws_subnet" "a" {
  vpc_id                  = aws_vpc.v.id
  cidr_block              = "10.0.0.0/20"
  availability_zone       = "eu-central-1a"
  map_public_ip_on_launch = true
}
resource "aws_route_table" "r" {
  vpc_id = aws_vpc.v.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.g.id
  }
}
resource "aws_route_table_association" "ra" {
  subnet_id      = aws_subnet.a.id
  route_table_id = aws_route_table.r.id
}
resource "aws_vpc_endpoint" "ssm" {
  vpc_id              = aws_vpc.v.id
  service_name        = "com.amazonaws.eu-central-1.ssm"
  vpc_endpoint_type   = "Interface"
  subnet_ids          = [aws_subnet.a.id]
  security_group_ids  = [aws_security_group.s.id]
  private_dns_enabled = true
}
resource "aws_security_group" "s" {
  vpc_id      = aws_vpc.v.id
  description = "nodes"
}
resource "aws_vpc_security_group_ingress_rule" "p2p" {
  security_group_id = aws_security_group.s.id
  cidr_ipv4         = "0.0.0.0/0"
  from_port         = 8333
  to_port           = 8333
  ip_protocol       = "tcp"
  description       = "p2p"
}
resource "aws_vpc_security_group_ingress_rule" "self" {
  security_group_id            = aws_security_group.s.id
  referenced_security_group_id = aws_security_group.s.id
  from_port                    = 9797
  to_port                      = 9797
  ip_protocol                  = "tcp"
  description                  = "agents"
}
resource "aws_vpc_security_group_egress_rule" "all" {
  security_group_id = aws_security_group.s.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
  description       = "all"
}
resource "aws_kms_key" "k" {
  enable_key_rotation = true
  description         = "fleet"
}
resource "aws_kms_alias" "k" {
  name          = "alias/coinfleet"
  target_key_id = aws_kms_key.k.key_id
}
resource "aws_iam_role" "r" {
  name               = "tf-node"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }] })
}
resource "aws_iam_role_policy" "p" {
  role   = aws_iam_role.r.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "ssm:GetParameter", Resource = "*" }] })
}
resource "aws_iam_instance_profile" "p" { role = aws_iam_role.r.name }
resource "aws_instance" "i" {
  ami                    = data.aws_ami.source.id
  instance_type          = "t3.large"
  subnet_id              = aws_subnet.a.id
  vpc_security_group_ids = [aws_security_group.s.id]
  iam_instance_profile   = aws_iam_instance_profile.p.name
  monitoring             = true
  user_data              = "#cloud-config\n"
  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
    http_endpoint               = "enabled"
    instance_metadata_tags      = "disabled"
  }
  root_block_device {
    volume_size = 10
    volume_type = "gp3"
    encrypted   = true
    kms_key_id  = aws_kms_key.k.arn
  }
  maintenance_options { auto_recovery = "default" }
  tags = { Name = "node1" }
}
resource "aws_ebs_volume" "v" {
  availability_zone = "eu-central-1a"
  size              = var.size
  type              = "gp3"
  iops              = 3000
  throughput        = 125
  encrypted         = true
  kms_key_id        = aws_kms_key.k.arn
}
variable "size" { default = 2 }
resource "aws_volume_attachment" "a" {
  device_name = "/dev/sdf"
  volume_id   = aws_ebs_volume.v.id
  instance_id = aws_instance.i.id
}
resource "aws_eip" "e" { domain = "vpc" }
resource "aws_eip_association" "e" {
  instance_id   = aws_instance.i.id
  allocation_id = aws_eip.e.id
}
resource "aws_route53_zone" "z" {
  name = "internal"
  vpc { vpc_id = aws_vpc.v.id }
}
resource "aws_route53_record" "n" {
  zone_id = aws_route53_zone.z.zone_id
  name    = "node1.litecoin"
  type    = "A"
  ttl     = 10
  records = [aws_instance.i.private_ip]
}
resource "aws_ecr_repository" "r" {
  name                 = "coinfleet/sandbox/litecoin"
  image_tag_mutability = "IMMUTABLE"
  image_scanning_configuration { scan_on_push = true }
}
resource "aws_ecr_lifecycle_policy" "l" {
  repository = aws_ecr_repository.r.name
  policy     = jsonencode({ rules = [{ rulePriority = 1, selection = { tagStatus = "untagged", countType = "imageCountMoreThan", countNumber = 5 }, action = { type = "expire" } }] })
}
resource "aws_secretsmanager_secret" "s" {
  name                    = "coinfleet/sandbox/litecoin/rpc"
  kms_key_id              = aws_kms_key.k.arn
  recovery_window_in_days = 7
}
resource "aws_secretsmanager_secret_version" "s" {
  secret_id     = aws_secretsmanager_secret.s.id
  secret_string = "x"
}
resource "aws_ssm_parameter" "p" {
  name  = "/coinfleet/sandbox/node1/config"
  type  = "String"
  tier  = "Intelligent-Tiering"
  value = "{}"
}
resource "aws_ssm_parameter" "big" {
  name  = "/coinfleet/sandbox/node1/big"
  type  = "String"
  tier  = "Intelligent-Tiering"
  value = join("", [for i in range(500) : "0123456789"])
}
resource "aws_ssm_document" "d" {
  name            = "coinfleet-sandbox-apply"
  document_type   = "Command"
  document_format = "JSON"
  target_type     = "/AWS::EC2::Instance"
  content         = jsonencode({ schemaVersion = "2.2", description = "apply", mainSteps = [{ action = "aws:runShellScript", name = "apply", inputs = { runCommand = ["true"] } }] })
}
resource "aws_cloudwatch_log_group" "l" {
  name              = "/coinfleet/sandbox/litecoin"
  retention_in_days = 7
}
resource "aws_cloudwatch_log_metric_filter" "f" {
  name           = "errors"
  pattern        = "ERROR"
  log_group_name = aws_cloudwatch_log_group.l.name
  metric_transformation {
    name      = "Errors"
    namespace = "Coinfleet"
    value     = "1"
  }
}
resource "aws_sns_topic" "t" {
  name              = "coinfleet-sandbox-page"
  kms_master_key_id = aws_kms_key.k.id
}
resource "aws_sns_topic_policy" "t" {
  arn    = aws_sns_topic.t.arn
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "cloudwatch.amazonaws.com" }, Action = "sns:Publish", Resource = aws_sns_topic.t.arn }] })
}
resource "aws_cloudwatch_metric_alarm" "a" {
  alarm_name          = "litecoin-node1-dead"
  namespace           = "Coinfleet"
  metric_name         = "ProbeSuccess"
  dimensions          = { Node = "node1" }
  statistic           = "Minimum"
  period              = 10
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  threshold           = 1
  comparison_operator = "LessThanThreshold"
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.t.arn]
  ok_actions          = [aws_sns_topic.t.arn]
}
resource "aws_cloudwatch_metric_alarm" "m" {
  alarm_name          = "litecoin-lag"
  evaluation_periods  = 2
  threshold           = 3
  comparison_operator = "GreaterThanThreshold"
  metric_query {
    id = "a"
    metric {
      namespace   = "Coinfleet"
      metric_name = "Height"
      period      = 60
      stat        = "Maximum"
    }
  }
  metric_query {
    id          = "e"
    expression  = "a * 2"
    label       = "twice"
    return_data = true
  }
}
resource "aws_cloudwatch_composite_alarm" "c" {
  alarm_name = "litecoin-both"
  alarm_rule = "ALARM(${aws_cloudwatch_metric_alarm.a.alarm_name}) OR ALARM(${aws_cloudwatch_metric_alarm.m.alarm_name})"
}
resource "aws_cloudwatch_dashboard" "d" {
  dashboard_name = "fleet"
  dashboard_body = jsonencode({ widgets = [] })
}
resource "aws_dynamodb_table" "l" {
  name         = "locks"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
}
resource "aws_dlm_lifecycle_policy" "d" {
  description        = "backups"
  execution_role_arn = aws_iam_role.r.arn
  state              = "ENABLED"
  policy_details {
    resource_types = ["VOLUME"]
    target_tags    = { backup = "yes" }
    schedule {
      name = "daily"
      create_rule {
        interval = 24
        times    = ["03:00"]
      }
      retain_rule { count = 7 }
    }
  }
}
resource "aws_ebs_encryption_by_default" "e" { enabled = true }
resource "aws_ebs_snapshot_block_public_access" "b" { state = "block-all-sharing" }
resource "aws_ecr_registry_scanning_configuration" "r" {
  scan_type = "BASIC"
  rule {
    scan_frequency = "SCAN_ON_PUSH"
    repository_filter {
      filter      = "coinfleet/*"
      filter_type = "WILDCARD"
    }
  }
}
resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.v.id
  service_name      = "com.amazonaws.eu-central-1.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_route_table.r.id]
}
resource "aws_eip" "n" { domain = "vpc" }
resource "aws_nat_gateway" "n" {
  subnet_id     = aws_subnet.a.id
  allocation_id = aws_eip.n.allocation_id
}
resource "aws_flow_log" "f" {
  vpc_id          = aws_vpc.v.id
  traffic_type    = "REJECT"
  log_destination = aws_cloudwatch_log_group.l.arn
  iam_role_arn    = aws_iam_role.r.arn
}
resource "aws_cloudwatch_event_rule" "r" {
  name          = "alarms"
  event_pattern = jsonencode({ source = ["aws.cloudwatch"] })
}
resource "aws_cloudwatch_event_target" "t" {
  rule = aws_cloudwatch_event_rule.r.name
  arn  = aws_sns_topic.t.arn
}
resource "aws_s3_bucket" "b" { bucket = "coinfleet-state" }
output "account" { value = data.aws_caller_identity.me.account_id }
