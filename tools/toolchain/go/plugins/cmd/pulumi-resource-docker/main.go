// Command pulumi-resource-docker serves the Pulumi package "docker" over the Terraform docker provider.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-terraform-bridge/v3/dynamic/coinfleet/bridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
)

//go:embed table.json
var table []byte

func main() {
	bridge.Serve(bridge.Package{
		Name:    "docker",
		Version: "5.2.0",
		Table:   table,
		// By itself the bridge would call the list registryAuths, and ignore what a program says.
		Config: bridge.Fields{"registry_auth": &tfbridge.SchemaInfo{Name: "registryAuth"}},
		Fields: map[string]bridge.Fields{
			"docker_container": {
				"command":           {Name: "command"},
				"networks_advanced": {Name: "networksAdvanced"},
			},
		},
	})
}
