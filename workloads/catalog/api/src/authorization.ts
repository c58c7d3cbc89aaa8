import { apiKeyHeader, createApiKeyCheck } from '@alwayson/sdk/api-key.ts';
import { HttpProblem } from '@alwayson/sdk/http-problem.ts';
import type { FastifyRequest } from 'fastify';

const testDataHeader = 'x-test-data';

export function createAuthorization(apiKeys: readonly string[]) {
  const isKey = createApiKeyCheck(apiKeys);
  const requireKey = async (request: FastifyRequest): Promise<void> => {
    if (!isKey(request.headers[apiKeyHeader])) throw unauthorized('This needs a valid key in X-API-KEY.');
  };
  return {
    requireKey,
    /** Only who has a key may mark what it creates as test data; without one it must not become real data instead. */
    async guardTestData(request: FastifyRequest): Promise<void> {
      if (isTestData(request) && !isKey(request.headers[apiKeyHeader])) {
        throw unauthorized('X-TEST-DATA needs a valid key in X-API-KEY.');
      }
    },
  };
}

export function isTestData(request: FastifyRequest): boolean {
  return String(request.headers[testDataHeader] ?? '').toLowerCase() === 'true';
}

function unauthorized(detail: string): HttpProblem {
  return new HttpProblem(401, 'UNAUTHORIZED', { detail });
}
