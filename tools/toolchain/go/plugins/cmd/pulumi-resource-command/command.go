package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"reflect"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
)

// Command is local.Command: a program of this machine that runs when the resource is created, updated or deleted.
type Command struct{}

// Args are the inputs of local.Command.
type Args struct {
	Create                 *string           `pulumi:"create,optional"`
	Update                 *string           `pulumi:"update,optional"`
	Delete                 *string           `pulumi:"delete,optional"`
	Dir                    *string           `pulumi:"dir,optional"`
	Environment            map[string]string `pulumi:"environment,optional"`
	Interpreter            []string          `pulumi:"interpreter,optional"`
	Stdin                  *string           `pulumi:"stdin,optional"`
	Logging                *string           `pulumi:"logging,optional"`
	AddPreviousOutputInEnv *bool             `pulumi:"addPreviousOutputInEnv,optional"`
	Triggers               []any             `pulumi:"triggers,optional"`
	AssetPaths             []string          `pulumi:"assetPaths,optional"`
	ArchivePaths           []string          `pulumi:"archivePaths,optional"`
}

// State is what the engine keeps of a local.Command.
type State struct {
	Args
	Stdout string `pulumi:"stdout"`
	Stderr string `pulumi:"stderr"`
}

// Annotate gives the resource the token that @pulumi/command sends.
func (*Command) Annotate(annotator infer.Annotator) { annotator.SetToken("local", "Command") }

// WireDependencies makes what a command prints a secret as soon as one of its inputs is: it may print that input.
func (*Command) WireDependencies(fields infer.FieldSelector, args *Args, state *State) {
	inputs := []infer.InputField{
		fields.InputField(&args.Create), fields.InputField(&args.Update), fields.InputField(&args.Delete),
		fields.InputField(&args.Dir), fields.InputField(&args.Environment), fields.InputField(&args.Interpreter),
		fields.InputField(&args.Stdin), fields.InputField(&args.Logging), fields.InputField(&args.Triggers),
	}
	fields.OutputField(&state.Stdout).DependsOn(inputs...)
	fields.OutputField(&state.Stderr).DependsOn(inputs...)
}

// Check refuses what this provider cannot do, rather than leave it out silently.
func (*Command) Check(ctx context.Context, request infer.CheckRequest) (infer.CheckResponse[Args], error) {
	args, failures, err := infer.DefaultCheck[Args](ctx, request.NewInputs)
	refuse := func(property, reason string) {
		failures = append(failures, provider.CheckFailure{Property: property, Reason: reason})
	}
	if len(args.AssetPaths) > 0 {
		refuse("assetPaths", "not supported by this build of the command provider; use the official one")
	}
	if len(args.ArchivePaths) > 0 {
		refuse("archivePaths", "not supported by this build of the command provider; use the official one")
	}
	if !isLogging(args.Logging) {
		refuse("logging", "must be one of stdout, stderr, stdoutAndStderr, none")
	}
	return infer.CheckResponse[Args]{Inputs: args, Failures: failures}, err
}

// Diff replaces the resource when a trigger changes, unless there is an update command that can handle it.
func (*Command) Diff(_ context.Context, request infer.DiffRequest[Args, State]) (infer.DiffResponse, error) {
	changes := map[string]provider.PropertyDiff{}
	before, after := reflect.ValueOf(request.State.Args), reflect.ValueOf(request.Inputs)
	for i := range before.NumField() {
		name := propertyName(before.Type().Field(i))
		if same(before.Field(i), after.Field(i)) {
			continue
		}
		kind := provider.Update
		if name == "triggers" && request.Inputs.Update == nil {
			kind = provider.UpdateReplace
		}
		changes[name] = provider.PropertyDiff{Kind: kind}
	}
	return infer.DiffResponse{HasChanges: len(changes) > 0, DetailedDiff: changes}, nil
}

// Create runs the create command.
func (*Command) Create(ctx context.Context, request infer.CreateRequest[Args]) (infer.CreateResponse[State], error) {
	state := State{Args: request.Inputs}
	suffix := make([]byte, 4)
	if _, err := rand.Read(suffix); err != nil {
		return infer.CreateResponse[State]{}, err
	}
	response := infer.CreateResponse[State]{ID: request.Name + hex.EncodeToString(suffix), Output: state}
	if request.DryRun || request.Inputs.Create == nil {
		return response, nil
	}
	err := response.Output.run(ctx, *request.Inputs.Create)
	return response, err
}

// Update runs the update command or, where there is none, the create command again.
func (*Command) Update(
	ctx context.Context, request infer.UpdateRequest[Args, State],
) (infer.UpdateResponse[State], error) {
	state := State{Args: request.Inputs, Stdout: request.State.Stdout, Stderr: request.State.Stderr}
	text := request.Inputs.Update
	if text == nil {
		text = request.Inputs.Create
	}
	if request.DryRun || text == nil {
		return infer.UpdateResponse[State]{Output: state}, nil
	}
	err := state.run(ctx, *text)
	return infer.UpdateResponse[State]{Output: state}, err
}

// Delete runs the delete command.
func (*Command) Delete(ctx context.Context, request infer.DeleteRequest[State]) (infer.DeleteResponse, error) {
	if request.State.Delete == nil {
		return infer.DeleteResponse{}, nil
	}
	state := request.State
	return infer.DeleteResponse{}, state.run(ctx, *state.Delete)
}
