/** The conditions of a BaseImage, each with what its being True says. */
export const imageConditionTypes = {
  Ready: 'The content that the spec asks for is complete and can be booted.',
  Reconciling: 'The content is being made, or the image is being deleted.',
  NodeLocal:
    'Its storage is tied to nodes; the message says which, and where copies are. Absent where all nodes reach it.',
  Stalled: 'Nothing goes on before somebody acts; the message says what to do. Absent otherwise.',
} as const

/** The name of a condition of a BaseImage. */
export type ImageConditionType = keyof typeof imageConditionTypes
