/** The API group of every kind of the product. */
export const group = 'ephemera.dev'

/** The version that is served and stored. */
export const version = 'v1alpha1'

/** What stands in an object's `apiVersion`. */
export const apiVersion = `${group}/${version}` as const
