import type { RouteRecord } from '@alwayson/protocol/routes.ts';
import { stampProbeHeader } from '@alwayson/protocol/observation.ts';
import { probeTokenHeader } from '@alwayson/protocol/stamp-health.ts';
import { accessLogFormat, lineCounterTable } from './access-log.ts';
import { quote } from './config-text.ts';
import { refusalSuffix } from './gateway-pools.ts';
import { renderPreviewIdentity, renderPreviewRefusals, renderPreviewTarget } from './gateway-preview.ts';
import { renderRefusal } from './gateway-problems.ts';
import { healthPrefix, renderRoutes } from './gateway-routing.ts';
import { renderTracing } from './gateway-tracing.ts';
import { toPathTests } from './path-test.ts';
import { requestVariables, unclaimedFlow } from './request-variables.ts';

const { path, flow, refused, correlationId, synthetic, trusted, chosenStamp, mark } = requestVariables;
const clientTable = 'clients';
const rateWindowSeconds = 10;
/**
 * A body without a declared length is known only as far as HAProxy buffers it (16 KiB less 1 KiB for headers that rules add);
 * a longer one could be of any size.
 */
const undeclaredBodyBytesMax = 12_288;
const uuid = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$';

/** Headers that only we may set, or that concern one hop. Spoofed ones would be believed by the stamps. */
const strippedHeaders = [
  'forwarded',
  'x-real-ip',
  'x-stamp',
  'proxy',
  'proxy-connection',
  'keep-alive',
  'te',
];
/** How observers and operators mark a request for the stamp. */
const markHeader = 'x-alwayson-synthetic';
const strippedPrefixes = ['x-forwarded-', 'x-alwayson-'];

export interface FrontendOptions {
  record: RouteRecord;
  binds: readonly string[];
  keepAliveSeconds: number;
  mapFile: string;
  probeToken: string;
  apiKeys: readonly string[];
}

export function renderFrontend(options: FrontendOptions): string[] {
  return [
    '',
    `backend ${lineCounterTable}`,
    '  stick-table type integer size 1 store gpc0',
    '',
    `backend ${clientTable}`,
    `  stick-table type ipv6 size 100k expire 30s store http_req_rate(${rateWindowSeconds}s)`,
    '',
    'frontend front_door',
    ...[
      ...options.binds.map((bind) => `bind ${bind}`),
      `tcp-request session track-sc1 int(1) table ${lineCounterTable}`,
      `log-format ${quote(accessLogFormat)}`,
      ...renderIdentity(options),
      ...renderPreviewIdentity(options.probeToken),
      ...renderFlows(options.record),
      ...renderHeaders(options.keepAliveSeconds),
      ...renderPreviewTarget(),
      ...renderTracing(options.record.tracing),
      ...renderRefusals(options),
      ...renderRoutes(options.record, options.mapFile),
    ].map((line) => `  ${line}`),
  ];
}

/**
 * Set first of all, so that every log line and every answer has them. Who shows the probe token may choose the stamp and mark the
 * request; read now, because the headers of everybody are stripped.
 */
function renderIdentity({ probeToken }: FrontendOptions): string[] {
  return [
    `http-request set-var(${path}) path`,
    `http-request set-var(${correlationId}) req.fhdr(x-correlation-id)`,
    `http-request unset-var(${correlationId}) unless { var(${correlationId}) -m reg -i ${quote(uuid)} }`,
    `http-request set-var(${correlationId}) uuid() unless { var(${correlationId}) -m found }`,
    `http-request set-var(${trusted}) bool(true) if { req.fhdr(${probeTokenHeader}) -m str ${quote(probeToken)} }`,
    `http-request set-var(${chosenStamp}) req.fhdr(${stampProbeHeader}) if { var(${trusted}) -m bool }`,
    `http-request set-var(${mark}) req.fhdr(${markHeader}) if { var(${trusted}) -m bool }`,
    `http-request set-var(${synthetic}) int(1) if { path_beg ${healthPrefix} } or { var(${trusted}) -m bool }`,
  ];
}

/** The first flow that matches a request owns it. */
function renderFlows(record: RouteRecord): string[] {
  const claims = record.flows.flatMap(({ name, requests }) =>
    requests.flatMap((request) =>
      toPathTests(request.path).map((test) => {
        const methods = request.methods.length === 0 ? '' : ` { method ${request.methods.join(' ')} }`;
        return `http-request set-var(${flow}) str(${name}) if !{ var(${flow}) -m found }${methods} { ${test} }`;
      }),
    ),
  );
  const otherwise = `http-request set-var(${flow}) str(${unclaimedFlow}) unless { var(${flow}) -m found }`;
  return [...claims, otherwise];
}

/**
 * Stamps say how long they keep a connection open; that is about another hop than the client's. Ours is told shorter
 * than it is, so that the client closes an idle connection and never sends a request into a closing one.
 */
function renderHeaders(keepAliveSeconds: number): string[] {
  return [
    ...strippedHeaders.map((name) => `http-request del-header ${name}`),
    ...strippedPrefixes.map((prefix) => `http-request del-header ${prefix} -m beg`),
    `http-request set-header ${stampProbeHeader} %[var(${chosenStamp})] if { var(${chosenStamp}) -m found }`,
    `http-request set-header ${markHeader} %[var(${mark})] if { var(${mark}) -m found }`,
    'http-request set-header X-Forwarded-For %[src]',
    'http-request set-header X-Forwarded-Proto http',
    `http-request set-header X-Correlation-ID %[var(${correlationId})]`,
    'http-after-response del-header server',
    `http-after-response set-header Keep-Alive timeout=${keepAliveSeconds - 5}`,
    `http-after-response set-header X-Correlation-ID %[var(${correlationId})] if { var(${correlationId}) -m found }`,
  ];
}

function renderRefusals({ record, mapFile, apiKeys }: FrontendOptions): string[] {
  const { requestsPerSecondPerClient, requestBodyBytesMax } = record.limits;
  const requests = Math.ceil(requestsPerSecondPerClient * rateWindowSeconds);
  const keys = apiKeys.map(quote).join(' ');
  const large = renderRefusal(
    'AON_REQUEST_TOO_LARGE',
    `A body may have at most ${requestBodyBytesMax} bytes.`,
  );
  const undeclared = renderRefusal(
    'AON_REQUEST_TOO_LARGE',
    `A body without Content-Length may have at most ${undeclaredBodyBytesMax} bytes.`,
  );
  const flood = renderRefusal(
    'AON_RATE_LIMITED',
    `More than ${requests} requests in ${rateWindowSeconds} s from one client.`,
  );
  const forbidden = renderRefusal('AON_FORBIDDEN', 'The health endpoint needs a valid X-API-KEY.');
  return [
    `http-request track-sc0 src table ${clientTable} unless { var(${synthetic}) -m bool }`,
    `${flood} if { sc_http_req_rate(0) gt ${requests} }`,
    `${forbidden} if { path_beg ${healthPrefix} } !{ req.hdr(x-api-key) -m str ${keys} }`,
    ...renderPreviewRefusals(record),
    ...renderShedding(mapFile),
    `${large} if { req.hdr_val(content-length) gt ${requestBodyBytesMax} }`,
    'http-request disable-l7-retry if !{ method GET HEAD OPTIONS } !{ req.hdr(idempotency-key) -m found }',
    // A whole body in the buffer can be sent again to another stamp, and a slow one costs no stamp a connection.
    'http-request wait-for-body time 5s',
    `${undeclared} if { req.hdr(transfer-encoding) -m found } { req.body_len gt ${undeclaredBodyBytesMax} }`,
  ];
}

/** Before anything of the body is read: who is refused should cost little. The map holds other things too; `add` makes a number of text. */
function renderShedding(mapFile: string): string[] {
  const overload = renderRefusal('AON_OVERLOADED', 'There is no capacity for requests of this kind now.');
  return [
    `http-request set-var(${refused}) var(${flow}),concat(${refusalSuffix}),map_str(${mapFile},0),add(0)`,
    `${overload} if { rand(100),sub(${refused}) lt 0 } !{ var(${synthetic}) -m bool }`,
  ];
}
