package bridge

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// tableServer hides every kind that the table does not name. A big provider has more than a thousand of them, and to
// turn their schemas into Pulumi's at each start would cost more time than a small preview takes.
type tableServer struct {
	tfprotov6.ProviderServer
	table Table
}

func (s tableServer) GetProviderSchema(
	ctx context.Context, request *tfprotov6.GetProviderSchemaRequest,
) (*tfprotov6.GetProviderSchemaResponse, error) {
	response, err := s.ProviderServer.GetProviderSchema(ctx, request)
	if err != nil {
		return nil, err
	}
	trimmed := *response
	trimmed.ResourceSchemas = only(response.ResourceSchemas, s.table.Resources)
	trimmed.DataSourceSchemas = only(response.DataSourceSchemas, s.table.Functions)
	trimmed.EphemeralResourceSchemas = nil
	trimmed.Functions = nil
	return &trimmed, nil
}

func only(all map[string]*tfprotov6.Schema, names map[string]string) map[string]*tfprotov6.Schema {
	kept := make(map[string]*tfprotov6.Schema, len(names))
	for name := range names {
		if schema, ok := all[name]; ok {
			kept[name] = schema
		}
	}
	return kept
}
