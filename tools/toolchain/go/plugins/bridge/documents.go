package bridge

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// documentProperties may be given as objects in a Pulumi program, while the Terraform provider takes JSON text only.
var documentProperties = []resource.PropertyKey{"policy", "assumeRolePolicy", "deliveryPolicy", "redrivePolicy"}

// convertInputs makes of a program's inputs what a Terraform provider understands.
func convertInputs(_ context.Context, inputs, _ resource.PropertyMap) (resource.PropertyMap, error) {
	outputs := inputs.Copy()
	for _, key := range documentProperties {
		value, given := outputs[key]
		if !given {
			continue
		}
		text, err := documentToText(value)
		if err != nil {
			return nil, err
		}
		outputs[key] = text
	}
	for key, value := range outputs {
		file, err := archiveToFile(value)
		if err != nil {
			return nil, fmt.Errorf("the archive %s: %w", key, err)
		}
		outputs[key] = file
	}
	return outputs, nil
}

func documentToText(value resource.PropertyValue) (resource.PropertyValue, error) {
	bare, secret := unwrap(value)
	if !bare.IsObject() {
		return value, nil
	}
	text := resource.MakeComputed(resource.NewStringProperty(""))
	if !bare.ContainsUnknowns() {
		plain, nested := withoutSecrets(bare)
		bytes, err := json.Marshal(plain)
		if err != nil {
			return value, err
		}
		text, secret = resource.NewStringProperty(string(bytes)), secret || nested
	}
	if secret {
		return resource.MakeSecret(text), nil
	}
	return text, nil
}

func unwrap(value resource.PropertyValue) (bare resource.PropertyValue, secret bool) {
	for {
		switch {
		case value.IsSecret():
			value, secret = value.SecretValue().Element, true
		case value.IsOutput() && value.OutputValue().Known:
			secret = secret || value.OutputValue().Secret
			value = value.OutputValue().Element
		default:
			return value, secret
		}
	}
}

// withoutSecrets gives the plain value, and whether any part of it was a secret: then all of the text is one.
func withoutSecrets(value resource.PropertyValue) (plain any, secret bool) {
	plain = value.MapRepl(nil, func(part resource.PropertyValue) (any, bool) {
		if !part.IsSecret() && !part.IsOutput() {
			return nil, false
		}
		bare, hidden := unwrap(part)
		inner, nested := withoutSecrets(bare)
		secret = secret || hidden || nested
		return inner, true
	})
	return plain, secret
}
