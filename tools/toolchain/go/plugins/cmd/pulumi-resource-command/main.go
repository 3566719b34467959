// Command pulumi-resource-command serves local.Command of the Pulumi package "command".
package main

import (
	"context"
	"fmt"
	"os"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
)

const version = "1.2.1"

func main() {
	if len(os.Args) > 1 && os.Args[1] == "--version" {
		fmt.Println(version)
		return
	}
	if err := serve(); err != nil {
		fmt.Fprintf(os.Stderr, "pulumi-resource-command: %v\n", err)
		os.Exit(1)
	}
}

func serve() error {
	built, err := infer.NewProviderBuilder().WithResources(infer.Resource(&Command{})).Build()
	if err != nil {
		return err
	}
	return provider.RunProvider(context.Background(), "command", version, built)
}
