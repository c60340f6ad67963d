package main

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// signer signs archives as `helm plugin package --sign` does. That names an
// archive by plugin and version alone, and a release has one for each platform.
type signer struct{ key *packet.PrivateKey }

func newSigner(file string) (*signer, error) {
	armoured, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer armoured.Close()
	keys, err := openpgp.ReadArmoredKeyRing(armoured)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(keys) != 1 || keys[0].PrivateKey == nil || keys[0].PrivateKey.Encrypted {
		return nil, errors.New(file + ": expected one private key without a passphrase")
	}
	return &signer{keys[0].PrivateKey}, nil
}

// provenance writes ARCHIVE.prov: the plugin's metadata and the archive's
// checksum, signed in the clear.
//
// Source: the documentation of Helm 4, "Plugin Provenance and Integrity".
func (s *signer) provenance(metadata, archive string) error {
	message, err := os.ReadFile(metadata)
	if err != nil {
		return err
	}
	packed, err := os.ReadFile(archive)
	if err != nil {
		return err
	}
	message = fmt.Appendf(message, "\n...\nfiles:\n  %s: sha256:%x\n", filepath.Base(archive), sha256.Sum256(packed))
	var out bytes.Buffer
	w, err := clearsign.Encode(&out, s.key, &packet.Config{DefaultHash: crypto.SHA512})
	if err != nil {
		return err
	}
	if _, err := w.Write(message); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(archive+".prov", out.Bytes(), 0o644)
}
