import { z } from 'zod';

const Percentage = z.number().gt(0).lt(100);
const Share = z.number().min(0).max(100);

/**
 * What the composite SLO of a flow is computed from: availabilities in percent of one instance each, and what redundancy does not
 * help against. They are assumptions until measured ones replace them.
 */
export const Assumptions = z.strictObject({
  /** One component of one stamp, with the machine under it. */
  componentAvailability: Percentage.default(99.5),
  /** One region's gateway. */
  gatewayAvailability: Percentage.default(99.9),
  /** One copy of a store. */
  storeAvailability: Percentage.default(99.9),
  /** Defects of the workload's own code. */
  codeAvailability: Percentage.default(99.99),
  configurationAvailability: Percentage.default(99.995),
  /** Deployments and the work of people. */
  operationsAvailability: Percentage.default(99.995),
  /** What the workload needs outside itself, such as DNS; 100: nothing. */
  externalAvailability: z.number().gt(0).max(100).default(100),
  /** Of an instance's failures, those that take its stand-ins too: the same release, a shared credential (beta factor). */
  commonCausePercent: Share.default(2),
  failoversPerYear: z.number().min(0).default(12),
  /** Detection and switch. */
  failoverSeconds: z.number().min(0).default(10),
  /** Of the requests in that time. */
  failoverSharePercent: Share.default(100),
  /** Of the time in which a dependency of kind `startup` is needed. */
  startupExposurePercent: Share.default(1),
  /** With the components' capacity, how many stamps are needed. Without it: all but one. */
  peakRequestsPerSecond: z.number().positive().optional(),
});
export type Assumptions = z.infer<typeof Assumptions>;
