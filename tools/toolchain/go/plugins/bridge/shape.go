package bridge

import (
	"encoding/json"
	"os"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
)

// printShape writes each kind's properties with their nesting, so that a test can hold them against the types of the
// npm package: a list where the program sends an object would otherwise be found only when AWS is asked.
func printShape(info tfbridge.ProviderInfo) error {
	shapes := map[string]any{"provider": objectShape(info.P.Schema(), info.Config)}
	for name, resource := range info.Resources {
		if schema, ok := info.P.ResourcesMap().GetOk(name); ok {
			shapes[string(resource.Tok)] = objectShape(schema.Schema(), resource.Fields)
		}
	}
	for name, function := range info.DataSources {
		if schema, ok := info.P.DataSourcesMap().GetOk(name); ok {
			shapes[string(function.Tok)] = objectShape(schema.Schema(), function.Fields)
		}
	}
	return json.NewEncoder(os.Stdout).Encode(shapes)
}

func objectShape(schema shim.SchemaMap, fields Fields) map[string]any {
	properties := map[string]any{}
	schema.Range(func(name string, property shim.Schema) bool {
		properties[tfbridge.TerraformToPulumiNameV2(name, schema, fields)] = propertyShape(property, fields[name])
		return true
	})
	return properties
}

func propertyShape(property shim.Schema, field *tfbridge.SchemaInfo) any {
	switch property.Type() {
	case shim.TypeList, shim.TypeSet:
		var inner *tfbridge.SchemaInfo
		if field != nil {
			inner = field.Elem
		}
		element := elementShape(property, inner)
		if tfbridge.IsMaxItemsOne(property, field) {
			return element
		}
		return []any{element}
	case shim.TypeMap:
		if block, ok := property.Elem().(shim.Resource); ok {
			return objectShape(block.Schema(), nestedFields(field))
		}
		return "map"
	default:
		return "scalar"
	}
}

func elementShape(property shim.Schema, field *tfbridge.SchemaInfo) any {
	switch element := property.Elem().(type) {
	case shim.Resource:
		return objectShape(element.Schema(), nestedFields(field))
	case shim.Schema:
		return propertyShape(element, field)
	default:
		return "scalar"
	}
}

func nestedFields(field *tfbridge.SchemaInfo) Fields {
	if field == nil {
		return nil
	}
	return field.Fields
}
