import type { RouteRecord, RouteStamp } from '@alwayson/protocol/routes.ts';
import { previewCookie, previewHeader } from '@alwayson/protocol/routes.ts';
import { quote } from './config-text.ts';
import { liveBackend } from './gateway-pools.ts';
import { renderRefusal } from './gateway-problems.ts';
import { toPreviewKey } from './preview-token.ts';
import { requestVariables } from './request-variables.ts';

const { preview, previewMac, previewed, previewRelease, chosenStamp, component, synthetic, now } =
  requestVariables;
const form = String.raw`^[a-z0-9][a-z0-9-]{0,80}\.[0-9]{1,11}\.[0-9a-f]{64}$`;
/** The first six of a release's digest, or all of it; no stamp has such a name. */
const release = '^([0-9a-f]{6}|[0-9a-f]{64})$';
const isShown = `{ var(${preview}) -m found }`;
const isPreviewed = `{ var(${previewed}) -m bool }`;

const previewBackend = (six: string, name: string) => `preview_${six}_${name}`;

/** Read before the headers of everybody are stripped, and checked here: whoever shows a token is previewing, or turned away. */
export function renderPreviewIdentity(probeToken: string): string[] {
  const key = toPreviewKey(probeToken).toString('base64');
  return [
    `http-request set-var(${preview}) req.fhdr(${previewHeader})`,
    `http-request set-var(${preview}) req.cook(${previewCookie}) unless ${isShown}`,
    // An empty last cookie is none to HAProxy.
    `http-request set-var(${preview}) str(-) if !${isShown} { req.fhdr(cookie) -m sub ${previewCookie}= }`,
    `http-request set-var(${now}) date() if ${isShown}`,
    `http-request set-var(${previewMac}) var(${preview}),field(1,.,2),hmac(sha256,${key}),hex,lower if ${isShown}`,
    `http-request set-var(${previewed}) bool(true) if ${isShown} { var(${preview}) -m reg ${quote(form)} } { var(${preview}),field(3,.),secure_memcmp(${previewMac}) } { var(${preview}),field(2,.),sub(${now}) gt 0 }`,
    `http-request set-var(${synthetic}) int(1) if ${isPreviewed}`,
  ];
}

/** After the headers: the mark of a probe is not for those who look. A token in a stamp's log could be used by who reads it. */
export function renderPreviewTarget(): string[] {
  const without = String.raw`req.fhdr(cookie),regsub("(^|; *)${previewCookie}=[^;]*","",g),regsub("^; *","")`;
  const isRelease = `{ var(${preview}),field(1,.) -m reg ${quote(release)} }`;
  const isCookie = `{ req.cook(${previewCookie}) -m found }`;
  return [
    `http-request set-header cookie ${quote(`%[${without}]`)} if ${isPreviewed} ${isCookie}`,
    `http-request del-header cookie if ${isPreviewed} { req.fhdr(cookie) -m len 0 }`,
    `http-request set-var(${chosenStamp}) var(${preview}),field(1,.) if ${isPreviewed} !${isRelease}`,
    `http-request set-var(${previewRelease}) var(${preview}),field(1,.),bytes(0,6) if ${isPreviewed} ${isRelease}`,
  ];
}

/** Never the public pool in place of what was asked for. */
export function renderPreviewRefusals(record: RouteRecord): string[] {
  const invalid = renderRefusal('AON_FORBIDDEN', 'The preview token is not valid, or its time is over.');
  const unknown = renderRefusal('AON_NO_STAMP', 'No stamp of that release stands behind this gateway.');
  const known = listReleases(record).map((six) => ` !{ var(${previewRelease}) -m str ${six} }`);
  return [
    `${invalid} if ${isShown} !${isPreviewed}`,
    `${unknown} if { var(${previewRelease}) -m found }${known.join('')}`,
  ];
}

export function renderPreviewRoutes(record: RouteRecord): string[] {
  return record.components.flatMap(({ name }) =>
    listReleases(record).map(
      (six) =>
        `use_backend ${previewBackend(six, name)} if { var(${previewRelease}) -m str ${six} } { var(${component}) -m str ${name} }`,
    ),
  );
}

/**
 * The stamps of a release that are up, whatever their shares; own region's first. Nothing is tried twice, and never over a connection
 * that may just be closed: who looks wants to see what happens.
 */
export function renderPreviewBackends(record: RouteRecord, region: string): string[] {
  return record.components.flatMap(({ name }) =>
    listReleases(record).flatMap((six) => [
      '',
      `backend ${previewBackend(six, name)}`,
      '  balance roundrobin',
      '  option allbackups',
      '  retries 0',
      '  http-reuse never',
      '  no option redispatch',
      ...record.stamps.flatMap((stamp) => renderServer(stamp, { name, six, region })),
    ]),
  );
}

function renderServer(
  stamp: RouteStamp,
  { name, six, region }: { name: string; six: string; region: string },
): string[] {
  const port = stamp.ports[name];
  if (port === undefined || toSix(stamp) !== six) return [];
  const backup = stamp.region === region ? '' : ' backup';
  return [`  server ${stamp.id} ${stamp.address}:${port} track ${liveBackend(name)}/${stamp.id}${backup}`];
}

function listReleases({ stamps }: RouteRecord): string[] {
  return [...new Set(stamps.map(toSix))].filter((six) => /^[0-9a-f]{6}$/.test(six)).sort();
}

function toSix({ release: digest }: RouteStamp): string {
  return digest.slice(0, 6);
}
