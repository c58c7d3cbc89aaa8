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

/** After the headers are written: the mark of a probe is not for those who look. */
export function renderPreviewTarget(): string[] {
  const isRelease = `{ var(${preview}),field(1,.) -m reg ${quote(release)} }`;
  return [
    `http-request set-var(${chosenStamp}) var(${preview}),field(1,.) if ${isPreviewed} !${isRelease}`,
    `http-request set-var(${previewRelease}) var(${preview}),field(1,.),bytes(0,6) if ${isPreviewed} ${isRelease}`,
  ];
}

/** In backends that serve previews, so that other requests do not pay for it. Who reads a token in a stamp's log could use it. */
export function renderPreviewCookie(): string[] {
  const without = String.raw`req.fhdr(cookie),regsub("(^|; *)${previewCookie}=[^;]*","",g),regsub("^; *","")`;
  return [
    `http-request set-header cookie ${quote(`%[${without}]`)} if ${isPreviewed} { req.fhdr(cookie) -m found }`,
    `http-request del-header cookie if ${isPreviewed} { req.fhdr(cookie) -m len 0 }`,
  ];
}

/** Never the public pool in place of what was asked for. */
export function renderPreviewRefusals(record: RouteRecord): string[] {
  const invalid = renderRefusal(
    'AON_FORBIDDEN',
    'The preview token is not valid, or its time is over.',
    'Ask for another one with ./alwayson preview, or remove the header or cookie.',
  );
  const unknown = renderRefusal('AON_NO_STAMP', 'No stamp of that release stands behind this gateway.');
  const known = listReleases(record).map((six) => ` !{ var(${previewRelease}) -m str ${six} }`);
  return [
    `${invalid} if ${isShown} !${isPreviewed}`,
    `${unknown} if { var(${previewRelease}) -m found }${known.join('')}`,
  ];
}

/** What does not stand here was refused before. */
export function renderPreviewRoute(): string {
  const backend = previewBackend(`%[var(${previewRelease})]`, `%[var(${component})]`);
  return `use_backend ${backend} if { var(${previewRelease}) -m found }`;
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
      ...renderPreviewCookie().map((line) => `  ${line}`),
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
