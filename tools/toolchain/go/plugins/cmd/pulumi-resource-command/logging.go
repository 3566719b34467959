package main

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"sync"
)

var loggings = []string{"stdout", "stderr", "stdoutAndStderr", "none"}

func isLogging(value *string) bool { return value == nil || slices.Contains(loggings, *value) }

// logger gives the log where the stream ("stdout" or "stderr") is wanted in it, else a sink.
func (s *State) logger(log io.Writer, stream string) io.Writer {
	if s.Logging == nil || *s.Logging == stream || *s.Logging == "stdoutAndStderr" {
		return log
	}
	return io.Discard
}

// lineLog passes on whole lines while the command runs.
type lineLog struct {
	write func(line string)
	mutex sync.Mutex
	rest  []byte
}

func (l *lineLog) Write(bytesIn []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.rest = append(l.rest, bytesIn...)
	for {
		end := bytes.IndexByte(l.rest, '\n')
		if end < 0 {
			return len(bytesIn), nil
		}
		l.write(strings.TrimSuffix(string(l.rest[:end]), "\r"))
		l.rest = l.rest[end+1:]
	}
}

func (l *lineLog) flush() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if len(l.rest) > 0 {
		l.write(string(l.rest))
		l.rest = nil
	}
}

// lockedWriter lets two streams write into one buffer.
type lockedWriter struct {
	mutex  sync.Mutex
	writer io.Writer
}

func (w *lockedWriter) Write(bytesIn []byte) (int, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.writer.Write(bytesIn)
}
