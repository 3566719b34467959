package bridge

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// Table says which Terraform kinds are served, and under which Pulumi tokens ("ec2/vpc:Vpc", without the package).
type Table struct {
	Resources map[string]string `json:"resources"`
	Functions map[string]string `json:"functions"`
}

// ParseTable reads a table; it is embedded in the program, so an error is the programmer's.
func ParseTable(text []byte) (Table, error) {
	var table Table
	if err := json.Unmarshal(text, &table); err != nil {
		return table, fmt.Errorf("the table of resource kinds: %w", err)
	}
	return table, nil
}

func (t Table) resources(pkg string, fields map[string]Fields) map[string]*tfbridge.ResourceInfo {
	infos := map[string]*tfbridge.ResourceInfo{}
	for name, token := range t.Resources {
		infos[name] = &tfbridge.ResourceInfo{
			Tok:              tokens.Type(pkg + ":" + token),
			Fields:           fields[name],
			PreCheckCallback: convertInputs,
		}
	}
	return infos
}

func (t Table) functions(pkg string, fields map[string]Fields) map[string]*tfbridge.DataSourceInfo {
	infos := map[string]*tfbridge.DataSourceInfo{}
	for name, token := range t.Functions {
		infos[name] = &tfbridge.DataSourceInfo{
			Tok:    tokens.ModuleMember(pkg + ":" + token),
			Fields: fields["data."+name],
		}
	}
	return infos
}
