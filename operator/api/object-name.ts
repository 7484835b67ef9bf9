import { z } from 'zod'
import { rules } from './cel.ts'

/** Schema of the name of another object of the namespace. `message` is what a user sees who writes something else. */
export function objectName(message: string) {
  return z
    .string()
    .max(253)
    .meta(rules({ rule: "self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')", message }))
}
