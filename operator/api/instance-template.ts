import { z } from 'zod'
import { rules, rulesOf } from './cel.ts'
import { instanceSpec } from './instance-spec.ts'

const words = (what: string) =>
  z.record(z.string(), z.string().max(63)).optional().meta({ maxProperties: 64 }).describe(what)

/** What each instance of a set is made from: an EphemeralInstance without a name. */
export const instanceTemplate = z
  .object({
    metadata: z
      .object({
        labels: words(
          'Labels of each instance, and so of its pod; up to 64. Those that the operator sets itself (ephemera.dev/...) win.',
        ).meta(
          rules({
            rule: "self.all(k, size(k) <= 317 && k.matches('^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$') && self[k].matches('^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$'))",
            message:
              'labels must be such as tier: web or example.com/team: blue. Letters, digits, dashes, underscores and dots, at most 63 of them in a value',
          }),
        ),
        annotations: z
          .record(z.string(), z.string().max(16384))
          .optional()
          .meta({ maxProperties: 64 })
          .describe('Annotations of each instance; up to 64.'),
      })
      .optional()
      .describe('Labels and annotations of each instance. Its name comes from the set.'),
    spec: instanceSpec
      .meta(
        rules(
          ...rulesOf(instanceSpec),
          {
            rule: "self.powerState == 'Running'",
            message:
              'powerState cannot be chosen in a template: the instances of a set run. Scale the set to 0, or stop single instances',
            fieldPath: '.powerState',
          },
          {
            rule: "self.restartPolicy == 'Always'",
            message:
              'restartPolicy must be Always in a template (the default): a set keeps its VMs running, and one that powers off starts afresh',
            fieldPath: '.restartPolicy',
          },
          {
            rule: '!has(self.rescue)',
            message:
              'rescue cannot be used in a template: it is for one VM that is broken. Set it on that instance; the set may replace it meanwhile',
            fieldPath: '.rescue',
          },
          {
            rule: '!has(self.locked)',
            message:
              'locked cannot be used in a template: a set has to be able to replace its instances. Lock single instances',
            fieldPath: '.locked',
          },
          {
            rule: '!has(self.expiry) || !has(self.expiry.deadline)',
            message:
              'expiry.deadline cannot be used in a template: after it each new instance would expire at once. Use ttlSeconds, which begins with each instance',
            fieldPath: '.expiry',
          },
          {
            rule: "!has(self.expiry) || (has(self.onExpiry) && self.onExpiry != 'Stop')",
            message:
              'onExpiry must be Delete or SnapshotThenDelete in a template: an instance that stays stopped would keep its place',
            fieldPath: '.onExpiry',
          },
        ),
      )
      .describe('The spec of each instance, with the fields and rules of an EphemeralInstance.'),
  })
  .describe(
    'What each instance is made from. A change replaces the instances one after another, as updateStrategy says.',
  )

/** What each instance of a set is made from. */
export type InstanceTemplate = z.infer<typeof instanceTemplate>
