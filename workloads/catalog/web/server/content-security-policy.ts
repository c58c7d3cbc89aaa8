import { createHash } from 'node:crypto';

/**
 * The policy for the one document: it may run the script and use the styles that were built into it (named by their
 * hash), talk to its own origin, and nothing else.
 */
export function renderContentSecurityPolicy(html: string): string {
  const scripts = renderHashes(html, /<script[^>]*>([\s\S]*?)<\/script>/g);
  const styles = renderHashes(html, /<style[^>]*>([\s\S]*?)<\/style>/g);
  return [
    "default-src 'none'",
    `script-src ${scripts}`,
    `style-src ${styles}`,
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function renderHashes(html: string, element: RegExp): string {
  const hashes = [...html.matchAll(element)].map(
    ([, content = '']) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`,
  );
  return hashes.length === 0 ? "'none'" : hashes.join(' ');
}
