import { z } from 'zod';

/** `telemetry` of the manifest: where traces go. Metrics need no setting: every process answers `GET /metrics`. */
export const Telemetry = z.strictObject({
  /** Base URL of an OpenTelemetry collector that takes OTLP over HTTP, such as http://127.0.0.1:4318. Absent: no tracing. */
  otlpEndpoint: z
    .url({ protocol: /^https?$/ })
    .refine((url) => !/^https?:\/\/[^/]*@/.test(url), 'a URL without a password: let a collector add it')
    .optional(),
  /** Part of the requests that are traced, of those that come without a decision of their own. */
  sampleRatio: z.number().min(0).max(1).default(0.1),
});
export type Telemetry = z.infer<typeof Telemetry>;

/** What the route record says of it: nothing without an endpoint. */
export function toTracing({ otlpEndpoint, sampleRatio }: Telemetry): { tracing?: { sampleRatio: number } } {
  return otlpEndpoint === undefined ? {} : { tracing: { sampleRatio } };
}
