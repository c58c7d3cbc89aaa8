import assert from 'node:assert/strict';

/** A word of haproxy.cfg that may hold anything printable: single quotes turn off every other meaning. */
export function quote(text: string): string {
  assert(!/\p{Cc}/u.test(text), 'haproxy.cfg cannot carry control characters');
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** Text inside a log-format string, where `%` starts a variable. */
export function escapeLogFormat(text: string): string {
  return text.replaceAll('%', '%%');
}
