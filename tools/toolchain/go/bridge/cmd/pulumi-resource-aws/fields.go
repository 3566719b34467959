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
	"skip_region_validation": {Default: &tfbridge.DefaultInfo{Value: true}},
}

// fields are names and shapes of the official package that do not follow from the Terraform provider's schema.
var fields = map[string]bridge.Fields{
	"aws_cloudwatch_metric_alarm": {"alarm_name": named("name", 255)},
	"aws_iam_role":                {"name": named("name", 64)},
	"aws_route53_record":          {"alias": list()},
}

// named renames a property; a program that leaves it out gets a name made from the resource's, of at most that length.
func named(name string, maxLength int) *tfbridge.SchemaInfo {
	return tfbridge.AutoName(name, maxLength, "-")
}

// list keeps a block that may occur once a list.
func list() *tfbridge.SchemaInfo {
	isObject := false
	return &tfbridge.SchemaInfo{MaxItemsOne: &isObject}
}
