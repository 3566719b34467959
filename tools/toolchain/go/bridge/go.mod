module github.com/pulumi/pulumi-terraform-bridge/v3/dynamic/coinfleet

go 1.26.0

require (
	github.com/pulumi/pulumi-terraform-bridge/v3 v3.136.0
	github.com/pulumi/pulumi/sdk/v3 v3.256.0
)

replace github.com/hashicorp/terraform-plugin-sdk/v2 => github.com/pulumi/terraform-plugin-sdk/v2 v2.0.0-20260318212141-5525259d096b
