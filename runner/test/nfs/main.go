// An NFS server (version 3, no privileges, one port for mount and NFS): nfs-server DIRECTORY ADDRESS:PORT
package main

import (
	"log"
	"net"
	"os"
	"time"

	"github.com/go-git/go-billy/v5"
	"github.com/go-git/go-billy/v5/osfs"
	nfs "github.com/willscott/go-nfs"
	"github.com/willscott/go-nfs/helpers"
)

// share adds to a directory what changes the attributes of its files.
type share struct{ billy.Filesystem }

func (s share) path(name string) string { return s.Join(s.Root(), name) }

func (s share) Chmod(name string, mode os.FileMode) error { return os.Chmod(s.path(name), mode) }
func (s share) Lchown(name string, uid, gid int) error    { return os.Lchown(s.path(name), uid, gid) }
func (s share) Chown(name string, uid, gid int) error     { return os.Chown(s.path(name), uid, gid) }
func (s share) Chtimes(name string, atime, mtime time.Time) error {
	return os.Chtimes(s.path(name), atime, mtime)
}

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: nfs-server DIRECTORY ADDRESS:PORT")
	}
	listener, err := net.Listen("tcp", os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	handler := helpers.NewNullAuthHandler(share{osfs.New(os.Args[1])})
	log.Fatal(nfs.Serve(listener, helpers.NewCachingHandler(handler, 1024)))
}
