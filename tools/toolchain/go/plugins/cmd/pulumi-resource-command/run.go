package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	provider "github.com/pulumi/pulumi-go-provider"
)

// stopTime is how long a cancelled command has to stop by itself.
const stopTime = 20 * time.Second

// run executes the text and keeps what it printed; on failure the error holds all of it.
func (s *State) run(ctx context.Context, text string) error {
	var stdout, stderr, both bytes.Buffer
	command := s.command(ctx, text)
	log := &lineLog{write: provider.GetLogger(ctx).Info}
	mixed := &lockedWriter{writer: &both}
	command.Stdout = io.MultiWriter(&stdout, mixed, s.logger(log, "stdout"))
	command.Stderr = io.MultiWriter(&stderr, mixed, s.logger(log, "stderr"))
	err := command.Run()
	log.flush()
	if err != nil {
		return fmt.Errorf("%w: running %q:\n%s", err, text, both.String())
	}
	s.Stdout = strings.TrimSuffix(stdout.String(), "\n")
	s.Stderr = strings.TrimSuffix(stderr.String(), "\n")
	return nil
}

func (s *State) command(ctx context.Context, text string) *exec.Cmd {
	line := []string{"/bin/sh", "-c"}
	if len(s.Interpreter) > 0 {
		line = slices.Clone(s.Interpreter)
	}
	line = append(line, text)
	command := exec.CommandContext(ctx, line[0], line[1:]...)
	if s.Dir != nil {
		command.Dir = *s.Dir
	}
	if s.Stdin != nil {
		command.Stdin = strings.NewReader(*s.Stdin)
	}
	command.Env = s.environment()
	// A shell's children would outlive it: stop the whole group.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGTERM) }
	command.WaitDelay = stopTime
	return command
}

func (s *State) environment() []string {
	environment := os.Environ()
	for key, value := range s.Environment {
		environment = append(environment, key+"="+value)
	}
	if s.AddPreviousOutputInEnv != nil && !*s.AddPreviousOutputInEnv {
		return environment
	}
	if s.Stdout != "" {
		environment = append(environment, "PULUMI_COMMAND_STDOUT="+s.Stdout)
	}
	if s.Stderr != "" {
		environment = append(environment, "PULUMI_COMMAND_STDERR="+s.Stderr)
	}
	return environment
}
