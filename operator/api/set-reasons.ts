/** Every reason that a condition of an InstanceSet can have, each with when it is used. Messages add the particulars. */
export const setReasons = {
  // As it should be.
  AllReady: 'All replicas are Ready, and made from the template as it is.',
  UpdateWaiting:
    'All replicas are Ready; some are of a former template until somebody deletes them (OnDelete).',

  // On the way.
  Scaling: 'Instances are being made or removed.',
  RollingOut: 'Instances of a former template are being replaced.',
  ReplicasNotReady: 'Some replicas are not Ready yet, or not any more.',
  WarmingUp: 'All replicas are Ready; spares are on their way.',

  // Somebody has to act.
  QuotaExceeded: "The namespace's resource quota leaves no room for more instances.",
  InstanceRefused: 'The API server refuses to make, change or delete an instance.',
  ReplicasStalled: 'No replica that is not Ready gets so before somebody acts.',
  SpecInvalid: 'The stored spec is not one that this version of the operator understands.',
} as const

/** Why a condition of an InstanceSet is as it is, in one word for programs. */
export type SetReason = keyof typeof setReasons
