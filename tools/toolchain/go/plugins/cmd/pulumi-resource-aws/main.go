// Command pulumi-resource-aws serves the Pulumi package "aws" over the Terraform AWS provider.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-terraform-bridge/v3/dynamic/coinfleet/bridge"
)

//go:embed table.json
var table []byte

func main() {
	bridge.Serve(bridge.Package{
		Name:    "aws",
		Version: "7.48.0",
		Table:   table,
		Config:  config,
		Fields:  fields,
	})
}
