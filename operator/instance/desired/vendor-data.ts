import type { SeedSource } from './seed.ts'

/**
 * The operator's part, which cloud-init takes besides the user's and merges below it. An archive of parts is one text without
 * boundaries that a part could hold, too.
 * https://cloudinit.readthedocs.io/en/latest/explanation/format.html
 */
export function vendorData(source: Pick<SeedSource, 'defaultUser' | 'isOfSnapshot'>): string {
  const { defaultUser, isOfSnapshot = false } = source
  const parts = [
    { type: 'text/cloud-boothook', content: freshMachineId(isOfSnapshot) },
    ...(defaultUser === undefined
      ? []
      : [{ type: 'text/cloud-config', content: asDefaultUser(defaultUser) }]),
  ]
  return `#cloud-config-archive\n${JSON.stringify(parts)}\n`
}

/**
 * systemd makes a machine-id only where there is none, so a disk that another instance booted brings that one's along. This
 * makes it anew once for each instance: early, before sshd, D-Bus and all that the user asks for. A hook and no `bootcmd`, as that of the user
 * would take its place. What names its files by the id is journald alone: without the restart journalctl would
 * show nothing of this boot.
 */
function freshMachineId(isUsed: boolean): string {
  return `#!/bin/sh
# By Ephemera: a disk that another VM has booted brings that one's machine-id along. This one gets its own, once.
done=/var/lib/cloud/instance/sem/ephemera-machine-id
[ ! -e $done ] || exit 0
set -- /var/lib/cloud/instances/*/
if { ${isUsed ? 'true' : '[ $# -gt 1 ]'}; } && [ -s /etc/machine-id ]; then
  tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id
  dbus=/var/lib/dbus/machine-id
  [ -h $dbus ] || [ ! -e $dbus ] || cat /etc/machine-id >$dbus
  systemctl try-restart systemd-journald
fi
mkdir -p \${done%/*} && : >$done
`
}

/** The user that the BaseImage names is the default one, and may become root. Where it names none that of the image stays. */
function asDefaultUser(name: string): string {
  // A list of rules would do as well, but cloud-init's own schema of 2022 warns of one.
  const user = { name, lock_passwd: true, sudo: 'ALL=(ALL) NOPASSWD:ALL' }
  return `#cloud-config\nuser: ${JSON.stringify(user)}\n`
}
