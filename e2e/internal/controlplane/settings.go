package controlplane

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// auditPolicy has the API server log each request with its annotations, which
// is where Pod Security admission's audit mode leaves its findings.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
  verbs: [create, update, patch]
- level: None
`

// settings are what the programs must agree on.
type settings struct {
	dir                            string
	etcdPort, peerPort, serverPort string
	// token is the administrator's, made anew for each run.
	token string
}

// newSettings chooses ports and secrets, and writes the files the programs
// read.
func newSettings(dir string) (*settings, error) {
	ports, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	s := &settings{dir: dir, etcdPort: ports[0], peerPort: ports[1], serverPort: ports[2], token: rand.Text()}
	key, err := serviceAccountKey()
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{
		s.accountKey():  key,
		s.tokens():      []byte(s.token + ",admin,admin,system:masters\n"),
		s.auditPolicy(): []byte(auditPolicy),
	}
	for path, content := range files {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *settings) accountKey() string  { return filepath.Join(s.dir, "service-account.key") }
func (s *settings) tokens() string      { return filepath.Join(s.dir, "tokens.csv") }
func (s *settings) auditPolicy() string { return filepath.Join(s.dir, "audit-policy.yaml") }
func (s *settings) certificate() string { return filepath.Join(s.dir, "certificates", "apiserver.crt") }
func (s *settings) etcdURL() string     { return "http://127.0.0.1:" + s.etcdPort }
func (s *settings) peerURL() string     { return "http://127.0.0.1:" + s.peerPort }
func (s *settings) serverURL() string   { return "https://127.0.0.1:" + s.serverPort }

func (s *settings) etcd() []string {
	return []string{
		"--name=etcd",
		"--data-dir=" + filepath.Join(s.dir, "etcd"),
		"--listen-client-urls=" + s.etcdURL(),
		"--advertise-client-urls=" + s.etcdURL(),
		"--listen-peer-urls=" + s.peerURL(),
		"--initial-advertise-peer-urls=" + s.peerURL(),
		"--initial-cluster=etcd=" + s.peerURL(),
	}
}

func (s *settings) apiServer(auditLog string) []string {
	return []string{
		"--etcd-servers=" + s.etcdURL(),
		"--bind-address=127.0.0.1",
		"--secure-port=" + s.serverPort,
		"--cert-dir=" + filepath.Dir(s.certificate()),
		"--token-auth-file=" + s.tokens(),
		"--authorization-mode=RBAC",
		// Agents load eBPF programs: without this no privileged container is
		// valid, and the tests would blame Pod Security for it.
		"--allow-privileged=true",
		"--service-cluster-ip-range=10.0.0.0/24",
		"--service-account-issuer=" + s.serverURL(),
		"--service-account-key-file=" + s.accountKey(),
		"--service-account-signing-key-file=" + s.accountKey(),
		"--audit-policy-file=" + s.auditPolicy(),
		"--audit-log-path=" + auditLog,
		// The API server cannot be an endpoint of its own Service on a loopback
		// address.
		"--endpoint-reconciler-type=none",
	}
}

func (s *settings) controllerManager(kubeconfig string) []string {
	return []string{
		"--kubeconfig=" + kubeconfig,
		"--secure-port=0",
		"--leader-elect=false",
		"--service-account-private-key-file=" + s.accountKey(),
		"--root-ca-file=" + s.certificate(),
		"--kube-api-qps=500",
		"--kube-api-burst=1000",
		// The node has no kubelet, so it would soon be declared dead.
		"--controllers=*,-node-lifecycle-controller",
	}
}

func (s *settings) writeKubeconfig(path string) error {
	const name = "e2e"
	config := clientcmdapi.NewConfig()
	config.Clusters[name] = &clientcmdapi.Cluster{Server: s.serverURL(), CertificateAuthority: s.certificate()}
	config.AuthInfos[name] = &clientcmdapi.AuthInfo{Token: s.token}
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
	config.CurrentContext = name
	return clientcmd.WriteToFile(*config, path)
}

// serviceAccountKey makes the key that signs the tokens of service accounts.
func serviceAccountKey() ([]byte, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}), nil
}
