package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/dynamic/coinfleet/bridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
)

// config gives the defaults of the official package where they differ from the Terraform provider's.
var config = bridge.Fields{
	"skip_metadata_api_check": {
		Type:    "boolean",
		Default: &tfbridge.DefaultInfo{Value: true},
	},
	"skip_region_validation":        {Default: &tfbridge.DefaultInfo{Value: true}},
	"assume_role_with_web_identity": single("assumeRoleWithWebIdentity"),
	"default_tags":                  single("defaultTags"),
	"ignore_tags":                   single("ignoreTags"),
}

// fields are names and shapes of the official package that do not follow from the Terraform provider's schema.
var fields = map[string]bridge.Fields{
	"aws_cloudwatch_event_rule":              {"name": autoNamed("name", 64)},
	"aws_cloudwatch_log_subscription_filter": {"log_group_name": {Name: "logGroup"}},
	"aws_cloudwatch_metric_alarm":            {"alarm_name": autoNamed("name", 255)},
	"aws_default_security_group":             {"egress": {Name: "egress"}, "ingress": {Name: "ingress"}},
	"aws_dlm_lifecycle_policy":               {"policy_details": block(dlmPolicy)},
	"aws_dynamodb_table": {
		"global_secondary_index": {Name: "globalSecondaryIndexes"},
		"local_secondary_index":  {Name: "localSecondaryIndexes"},
	},
	"aws_iam_instance_profile":        {"name": autoNamed("name", 128)},
	"aws_iam_policy":                  {"name": autoNamed("name", 128)},
	"aws_iam_role":                    {"name": autoNamed("name", 64)},
	"aws_lambda_event_source_mapping": {"queues": single("queues")},
	"aws_lambda_function": {
		"filename":      {Name: "code"},
		"function_name": autoNamed("name", 64),
	},
	"aws_lambda_permission":      {"function_name": {Name: "function"}},
	"aws_lb":                     {"name": autoNamed("name", 32)},
	"aws_lb_target_group":        {"name": autoNamed("name", 32)},
	"aws_route53_record":         routingPolicies("failover", "geolocation", "latency", "weighted"),
	"aws_s3_bucket":              {"bucket": autoNamed("bucket", 63)},
	"aws_scheduler_schedule":     {"name": autoNamed("name", 64)},
	"aws_security_group":         {"egress": {Name: "egress"}, "ingress": {Name: "ingress"}},
	"aws_sns_topic_subscription": {"topic_arn": {Name: "topic"}},
	"aws_s3_bucket_lifecycle_configuration": {"rule": block(bridge.Fields{
		"abort_incomplete_multipart_upload": single("abortIncompleteMultipartUpload"),
		"expiration":                        single("expiration"),
		"filter":                            singleBlock("filter", bridge.Fields{"and": single("and"), "tag": single("tag")}),
		"noncurrent_version_expiration":     single("noncurrentVersionExpiration"),
	})},
}

var dlmPolicy = bridge.Fields{
	"resource_locations": single("resourceLocations"),
	"schedule": block(bridge.Fields{
		"create_rule": block(bridge.Fields{"times": single("times")}),
	}),
}

func routingPolicies(kinds ...string) bridge.Fields {
	policies := bridge.Fields{"alias": {MaxItemsOne: no()}}
	for _, kind := range kinds {
		policies[kind+"_routing_policy"] = &tfbridge.SchemaInfo{Name: kind + "RoutingPolicies", MaxItemsOne: no()}
	}
	return policies
}

// autoNamed renames a property; a program that leaves it out gets a name made from the resource's, of at most that length.
func autoNamed(name string, maxLength int) *tfbridge.SchemaInfo {
	return tfbridge.AutoName(name, maxLength, "-")
}

// single makes a list of at most one element that element.
func single(name string) *tfbridge.SchemaInfo {
	isSingle := true
	return &tfbridge.SchemaInfo{Name: name, MaxItemsOne: &isSingle}
}

func singleBlock(name string, inner bridge.Fields) *tfbridge.SchemaInfo {
	info := single(name)
	info.Elem = &tfbridge.SchemaInfo{Fields: inner}
	return info
}

// block gives the properties inside a block or a list of blocks.
func block(inner bridge.Fields) *tfbridge.SchemaInfo {
	return &tfbridge.SchemaInfo{Elem: &tfbridge.SchemaInfo{Fields: inner}}
}

func no() *bool {
	value := false
	return &value
}
