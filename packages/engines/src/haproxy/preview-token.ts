import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';

/**
 * Who shows a preview token is served by the stamp that it names, or by any stamp of the release that it names, although neither
 * gets traffic. `<stamp or release>.<expiry, seconds since the epoch>.<HMAC-SHA256 in hex over what is before>`.
 */
export interface PreviewTokenOptions {
  /** A stamp's id, a release's digest, or the first six of it. */
  target: string;
  /** Seconds since the epoch. */
  expiresAt: number;
  /** `toPreviewKey`. */
  key: Buffer;
}

const targetText = /^[a-z0-9][a-z0-9-]{0,80}$/;
/** A time in milliseconds would be valid for fifty thousand years. */
const expiryMax = 1e11;

export function createPreviewToken({ target, expiresAt, key }: PreviewTokenOptions): string {
  assert(targetText.test(target), `${JSON.stringify(target)} is no stamp and no release`);
  assert(Number.isSafeInteger(expiresAt) && expiresAt > 0 && expiresAt < expiryMax, 'whole seconds');
  const signed = `${target}.${expiresAt}`;
  return `${signed}.${createHmac('sha256', key).update(signed).digest('hex')}`;
}

/** A key of its own, so that a token tells nothing about the probe token. */
export function toPreviewKey(probeToken: string): Buffer {
  return createHmac('sha256', probeToken).update('alwayson preview').digest();
}
