package bridge

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"
)

// archiveToFile writes an archive to a file named after its content, for a Terraform provider that takes a path. The
// path changes with the content, and only then, which is what tells the provider of a change.
func archiveToFile(value resource.PropertyValue) (resource.PropertyValue, error) {
	if !value.IsArchive() {
		return value, nil
	}
	var zip bytes.Buffer
	if err := value.ArchiveValue().Archive(archive.ZIPArchive, &zip); err != nil {
		return value, err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return value, err
	}
	folder := filepath.Join(cache, "coinfleet", "archives")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return value, err
	}
	path := filepath.Join(folder, fmt.Sprintf("%x.zip", sha256.Sum256(zip.Bytes())))
	return resource.NewStringProperty(path), writeOnce(path, zip.Bytes())
}

func writeOnce(path string, content []byte) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), ".part-")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name()) //nolint:errcheck // it is renamed when all went well
	if _, err := temporary.Write(content); err != nil {
		return err
	}
	if err := temporary.Close(); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), path)
}
