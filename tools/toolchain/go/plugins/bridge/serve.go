// Package bridge serves a Pulumi package over the binary of a Terraform provider that is already on this machine.
package bridge

import (
	"context"
	"fmt"
	"os"

	"github.com/pulumi/pulumi-terraform-bridge/v3/dynamic/internal/shim/run"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/proto"
	pfbridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
)

// providerVariable names the environment variable that holds the path of the Terraform provider's binary.
const providerVariable = "TERRAFORM_PROVIDER"

// Fields are the properties of one kind that are called or shaped otherwise than the bridge would by itself.
type Fields = map[string]*tfbridge.SchemaInfo

// Package is a Pulumi package and what has to be known to make it out of a Terraform provider.
type Package struct {
	Name    string
	Version string
	Table   []byte
	Config  Fields
	Fields  map[string]Fields
}

// Serve answers the Pulumi engine until it is done, or prints the shape of the package when asked with --shape.
func Serve(pkg Package) {
	if err := serve(context.Background(), pkg); err != nil {
		fmt.Fprintf(os.Stderr, "pulumi-resource-%s: %v\n", pkg.Name, err)
		os.Exit(1)
	}
}

func serve(ctx context.Context, pkg Package) error {
	if len(os.Args) > 1 && (os.Args[1] == "--version" || os.Args[1] == "-version") {
		fmt.Println(pkg.Version)
		return nil
	}
	table, err := ParseTable(pkg.Table)
	if err != nil {
		return err
	}
	path := os.Getenv(providerVariable)
	if path == "" {
		return fmt.Errorf("%s must hold the path of the Terraform provider's binary", providerVariable)
	}
	provider, err := run.LocalProvider(ctx, path)
	if err != nil {
		return fmt.Errorf("start %s: %w", path, err)
	}
	defer provider.Close() //nolint:errcheck // the process ends here anyway
	info := tfbridge.ProviderInfo{
		P:              proto.New(ctx, tableServer{provider, table}),
		Name:           pkg.Name,
		Version:        pkg.Version,
		ResourcePrefix: pkg.Name,
		MetadataInfo:   &tfbridge.MetadataInfo{Path: "", Data: tfbridge.ProviderMetadata(nil)},
		Config:         pkg.Config,
		Resources:      table.resources(pkg.Name, pkg.Fields),
		DataSources:    table.functions(pkg.Name, pkg.Fields),
	}
	info.SetAutonaming(255, "-")
	if len(os.Args) > 1 && os.Args[1] == "--shape" {
		return printShape(info)
	}
	schema := fmt.Sprintf(`{"name":%q,"version":%q}`, pkg.Name, pkg.Version)
	pfbridge.Main(ctx, pkg.Name, info, pfbridge.ProviderMetadata{PackageSchema: []byte(schema)})
	return nil
}
