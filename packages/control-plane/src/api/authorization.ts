import { createHash, timingSafeEqual } from 'node:crypto';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';

const cookieName = 'alwayson-operator';

/**
 * Who may change things: a bearer token (CLI), or the session cookie that `/login?token=` sets for the console. Reads are open, on
 * loopback only. A change that a foreign page tries (another Origin) is refused whatever it carries, and so is a Host that is
 * not loopback (a rebound DNS name).
 */
export function registerAuthorization(server: FastifyInstance, token: string): void {
  server.addHook('onRequest', async (request) => {
    if (!isLoopbackHost(request.headers.host)) {
      throw new AlwaysOnError('AON_UNAUTHORIZED', `The host ${request.headers.host} is not served here.`);
    }
    if (request.method === 'GET' || request.method === 'HEAD') return;
    const origin = request.headers.origin;
    if (origin !== undefined && origin !== `http://${request.headers.host}`) {
      throw new AlwaysOnError('AON_UNAUTHORIZED', `Changes are not taken from ${origin}.`);
    }
    if (!isOperator(request, token)) {
      throw new AlwaysOnError('AON_UNAUTHORIZED', 'This change needs the operator token.', {
        hint: 'In a browser: ./alwayson open. Else send Authorization: Bearer with the operator token of environment.json.',
      });
    }
  });

  server.get('/login', { schema: { hide: true } }, (request, reply) => {
    const given = new URL(request.url, 'http://localhost').searchParams.get('token') ?? '';
    if (!isEqual(given, token))
      throw new AlwaysOnError('AON_UNAUTHORIZED', 'The token is not the one of this environment.');
    const attributes = 'HttpOnly; SameSite=Strict; Path=/; Max-Age=43200';
    return reply.header('set-cookie', `${cookieName}=${sessionOf(token)}; ${attributes}`).redirect('/');
  });
}

function isOperator(request: FastifyRequest, token: string): boolean {
  const [scheme, bearer = ''] = (request.headers.authorization ?? '').split(' ');
  if (scheme?.toLowerCase() === 'bearer' && isEqual(bearer, token)) return true;
  const cookies = (request.headers.cookie ?? '').split(';').map((cookie) => cookie.trim().split('='));
  return cookies.some(([name, value = '']) => name === cookieName && isEqual(value, sessionOf(token)));
}

/** What the browser keeps: it opens the console, not the CLI's token itself. */
function sessionOf(token: string): string {
  return createHash('sha256').update(`console session of ${token}`).digest('hex');
}

function isEqual(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function isLoopbackHost(host: string | undefined): boolean {
  const name = (host ?? '').replace(/:\d+$/, '');
  return name === 'localhost' || name === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(name);
}
