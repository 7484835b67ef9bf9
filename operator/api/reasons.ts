/** Every reason that a condition of an EphemeralInstance can have, each with when it is used. Messages add the particulars. */
export const reasons = {
  // On the way to Ready.
  Pending: 'Nothing has been done yet.',
  PodCreated: 'The pod was just made and has no node yet.',
  Scheduled: 'The pod has a node.',
  Unschedulable:
    'No node takes the pod at present: too little room, or nothing has the resource that it asks for.',
  ImagePullFailed: "The node cannot fetch the runner's image.",
  Preparing: 'The runner checks the base image and makes the overlay.',
  Starting: 'The pod starts; QEMU does not run yet.',
  Moving:
    'No node takes the VM where its image is: its pod is made anew, with a copy of the image elsewhere.',
  KVMTaken:
    'No node that offers KVM has room for the VM: its pod is made anew without KVM, as accelerator is Auto.',
  CopyingImage: "The image is being copied to the VM's node.",
  Booting: 'QEMU runs; the guest has not answered yet.',
  Running: "QEMU runs the guest's CPUs.",
  GuestAnswered: 'The guest answered the readiness check.',
  GuestSilent: 'The guest answered before and does not any more.',
  Rebooting: 'The guest was told to reboot, because rebootGeneration was raised.',
  Resetting: 'The VM was reset, because resetGeneration was raised.',
  Restarting: 'The guest powered off or died; a fresh VM starts, as restartPolicy asks.',
  CrashLoop: 'The VM failed again and again; the node waits longer before each new try.',
  Rebuilding: 'The old VM goes, so that a fresh one can start from the boot source.',
  VolumeInUse: 'Another VM has a volume that the spec names; the VM starts when that is free.',
  VolumeTaken: 'A volume was not to be had after all; the pod that waited for it is taken away.',
  SpecChanged: 'The spec was changed before the VM ran; its pod is made anew.',
  PodLost: 'The pod was deleted, evicted or lost with its node; a fresh VM takes its place.',

  Drained: 'The node of the VM is being drained, or a taint sent the VM away; a fresh VM takes its place.',
  NodeShutdown: 'The node of the VM was shut down in order; a fresh VM takes its place.',
  Preempted: 'The VM made room for a pod of a higher priority; a fresh VM takes its place.',
  NodeUnreachable: "Nothing is heard of the VM's node.",
  NodeLost: 'The node is lost, and the VM with it; a fresh VM takes its place.',
  Draining: 'The guest stands still while its disk is kept: its node is drained.',
  Relocating: 'The node is drained: the disk of the VM is kept, and its pod goes, to start elsewhere.',
  NodeCordoned: 'The node is cordoned, and the VM does not let itself be evicted.',

  RescuePreparing: 'The rescue of the VM is being prepared; it runs on until then.',
  RescueCopying: 'The rescue image is being copied to the VM.',
  RescueBooting: 'The rescue system was started; the disk of the VM is given to it when it answers.',
  Rescued: 'The VM runs the rescue system, which has the disk of the VM as a second one.',
  RescueEnding: 'The VM is brought back to its own disk.',
  RescueLost: 'The VM that was to be rescued was lost or rebuilt, and its disk with it.',

  ChangeWaiting:
    'The spec was changed, or the flavor, image or key that it names; the change takes effect at the next rebuild.',

  // At rest, as asked.
  Pausing: 'The guest is about to be paused, or to be let go on.',
  Paused: "The guest's CPUs stand still, because powerState is Paused, or while the disk is kept.",
  Stopping: 'The guest is being powered down, because powerState is Stopped.',
  Shelving: 'The disk is being kept in a Snapshot, because powerState is Shelved.',
  Shelved: 'There is no pod, because powerState is Shelved.',
  Stopped: 'There is no pod, because powerState is Stopped.',
  ExpiresSoon: 'The instance is about to expire.',
  IdleSoon: 'The instance is about to expire, because nobody uses its VM.',
  Expired: 'The instance expired: it is stopped, or about to be deleted, as onExpiry asks.',
  Locked: 'The instance would have expired, and stays because it is locked.',
  Keeping: 'A Snapshot of the VM is being taken before it goes.',
  Succeeded: 'The guest powered off and is not started again, as restartPolicy asks.',
  Failed: 'The guest or QEMU died and is not started again, as restartPolicy asks.',

  // Stalled: somebody has to act. What only the cluster can know.
  SpecInvalid: 'The stored spec is not one that this version of the operator understands.',
  FlavorNotFound: 'There is no Flavor with the name that the spec gives.',
  ImageNotFound: 'There is no BaseImage with the name that the spec gives.',
  ImageNotReady: 'The BaseImage has no content yet; it is on its way.',
  ImageFailed: 'The BaseImage has no content, and gets none before somebody acts.',
  ImageNotAllowed: 'The BaseImage is of another namespace, and VMs of this one may not boot it.',
  SnapshotNotFound: 'There is no Snapshot with the name that the spec gives.',
  SnapshotNotReady: 'The Snapshot is not complete yet; it is on its way.',
  SnapshotFailed: 'The Snapshot failed, or is being deleted.',
  FlavorDiskTooSmall: "The VM's disk is smaller than its image asks for.",
  FlavorMemoryTooSmall: "The VM's memory is less than its image asks for.",
  KeyPairNotFound: 'There is no KeyPair with a name that the spec gives.',
  KeyPairInvalid: 'The public key of a KeyPair that the spec names is damaged.',
  ClaimNotFound: 'There is no PersistentVolumeClaim with the name that the spec gives.',
  RescueTooOld: 'The VM was started by an older version of the operator, whose VMs cannot be rescued.',
  RescueFailed: 'The rescue image cannot be copied to the VM.',
  RescueImageTooDemanding: 'The rescue image asks for a larger disk or more memory than the VM has.',
  RescueFirmwareDiffers: 'The rescue image boots by another firmware than the VM.',
  NotKept: 'The Snapshot that was to keep the VM before it goes failed; the VM is kept.',
  DeleteRefused: 'The instance expired, and the API server refuses to delete it.',
  ClaimLost: 'The claim of the boot source, or of a volume, is being deleted or lost its volume.',
  VolumeIsImage: 'A claim that is to be a volume holds the image of a BaseImage or a Snapshot.',
  VolumeReadOnly: 'The guest is to write to a volume whose claim can only be read.',
  NameTaken: 'A pod or Secret with the name that the instance needs exists and belongs to something else.',
  PodRefused:
    'The API server refuses the pod: a quota, a limit range, the Pod Security level or a policy of the cluster.',
  QuotaExceeded: "The namespace's resource quota leaves no room for the pod.",

  // Stalled: what the runner found in the pod.
  BaseImageMissing: 'The claim of the boot source holds neither disk.qcow2 nor disk.img.',
  BaseImageUnreadable: "The base image cannot be read by the VM's user.",
  BaseImageInvalid: 'The base image is no usable raw or qcow2 image, or refers to a file outside itself.',
  BaseImageNotBootable: 'The base image has no boot sector, or boots by another firmware only.',
  DiskTooSmall: "The instance's disk is smaller than the base image.",
  UserDataMissing: 'The Secret or ConfigMap of userDataFrom, or its key, is not there.',
  VolumeUnreadable: "A volume cannot be opened by the VM's user.",
  VolumeInvalid: 'What is in a volume is no disk, or there is no room for one.',
  VolumeEmpty: 'A volume that is only to be read has no disk yet.',
  KVMUnavailable: 'accelerator is KVM, and the node has none to give.',

  VolumeFull:
    'A volume has no room for what the guest writes to it, and the guest stands still until there is.',
  OverlayFull:
    "The node's disk has no room for what the guest writes, and the guest stands still until there is.",

  // Degraded: something beside the VM is not there.
  HostnameTaken: 'A Service named instances that is not ours keeps VMs from having names in DNS.',
  BudgetRefused: 'The API server refuses the PodDisruptionBudget that eviction asks for.',
  SecurityGroupNotFound: 'There is no SecurityGroup with a name that the spec gives: it opens nothing.',
  SecurityGroupFailed: 'A SecurityGroup of the instance could not be put into effect: it opens nothing.',
  PolicyRefused: 'The NetworkPolicy that closes VMs with security groups could not be made.',
  ServiceRefused: 'The API server refuses a Service: a quota, or what the spec asks of it.',

  // How a VM ended.
  GuestShutdown: 'The guest powered off.',
  GuestRebooted: 'The guest rebooted, and its reboots end the VM.',
  GuestPanicked: "The guest's kernel panicked.",
  GuestUnresponsive: 'The guest did not answer for as long as liveness allows.',
  Terminated: 'The VM was told to end: it was stopped, rebuilt, deleted, or its node shut down.',
  OverlayFailed: 'The overlay could not be made: the node has no room for it, or the base image changed.',
  SeedFailed: 'The seed with meta-data and user-data could not be made.',
  QEMUFailed: 'QEMU ended by itself with an error.',
  OutOfMemory: 'The node killed the VM for using more memory than its pod may.',
  Evicted: 'The node evicted the pod, for want of memory or disk.',

  // The connection to the pod.
  ControlUnreachable: 'The operator cannot reach the control port of the pod.',
} as const

/** Why a condition is as it is, in one word for programs. */
export type Reason = keyof typeof reasons
