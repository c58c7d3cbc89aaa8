import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import type { Environment } from '@alwayson/protocol/environment.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';

/**
 * OpenTelemetry's standard variables: with them the SDK of any language sends traces to the manifest's collector and says who it is.
 * Nothing without an endpoint.
 */
export function telemetryEnvironment(
  { environment, manifest, stamp }: { environment: Environment; manifest: Manifest; stamp: StampPlan },
  component: string,
): Record<string, string> {
  const { otlpEndpoint, sampleRatio } = manifest.telemetry;
  if (otlpEndpoint === undefined) return {};
  const attributes = {
    'service.namespace': manifest.name,
    'service.version': stamp.release,
    'service.instance.id': `${stamp.id}-${component}`,
    'deployment.environment.name': environment.name,
    'cloud.region': stamp.region,
    'cloud.availability_zone': stamp.zone,
    'alwayson.stamp': stamp.id,
  };
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint,
    OTEL_SERVICE_NAME: component,
    OTEL_RESOURCE_ATTRIBUTES: Object.entries(attributes)
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join(','),
    // The gateway decides for what comes through it.
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: String(sampleRatio),
  };
}
