import { quote } from './config-text.ts';

/**
 * The ACL tests, any of which may hold, that a request path fits a pattern of the manifest: `*` is one segment (inside a
 * segment: any part of it), a trailing `/**` the rest, the bare prefix included. Cheap tests where no pattern is needed.
 */
export function toPathTests(pattern: string): string[] {
  const open = pattern.endsWith('/**');
  const prefix = open ? pattern.slice(0, -3) : pattern;
  if (!prefix.includes('*')) {
    const exact = prefix === '' ? [] : [`path -m str ${quote(prefix)}`];
    return open ? [...exact, `path -m beg ${quote(`${prefix}/`)}`] : exact;
  }
  const segments = prefix.split('/').map((segment) => {
    if (segment === '*') return '[^/]+';
    return segment.split('*').map(escapeRegExp).join('[^/]*');
  });
  return [`path -m reg ${quote(`^${segments.join('/')}${open ? '(/.*)?' : ''}$`)}`];
}

/** The ACL tests, any of which may hold, that a path lies below a route prefix; whole segments, so `/api` is not `/apiary`. */
export function toPrefixTests(prefix: string): string[] {
  return prefix.endsWith('/') ? [`path -m beg ${quote(prefix)}`] : toPathTests(`${prefix}/**`);
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}
