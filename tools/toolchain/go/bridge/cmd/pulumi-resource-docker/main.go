// Command pulumi-resource-docker serves the Pulumi package "docker" over the Terraform docker provider.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-terraform-bridge/v3/dynamic/coinfleet/bridge"
)

//go:embed table.json
var table []byte

func main() {
	bridge.Serve(bridge.Package{
		Name:    "docker",
		Version: "5.2.0",
		Table:   table,
		Fields: map[string]bridge.Fields{
			"docker_container": {
				"command":           {Name: "command"},
				"networks_advanced": {Name: "networksAdvanced"},
			},
		},
	})
}
