import { HttpProblem } from '@alwayson/sdk/http-problem.ts';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** The versions that this release answers, in the path after `/catalogservice/api/`. */
const versions = ['1.0'];

export const itemsPath = '/catalogservice/api/:version/catalogitem';

export async function requireVersion(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.header('api-supported-versions', versions.join(', '));
  const { version } = request.params as { version: string };
  if (versions.includes(version)) return;
  const supported = `Supported: ${versions.join(', ')}.`;
  if (!/^\d+(\.\d+)?$/.test(version)) {
    throw new HttpProblem(400, 'INVALID_REQUEST', {
      detail: `version: must be the API's version. ${supported}`,
      fields: [{ field: 'version', message: `must be one of: ${versions.join(', ')}` }],
    });
  }
  throw new HttpProblem(404, 'VERSION_NOT_SUPPORTED', { detail: `There is no such version. ${supported}` });
}

/** Where an item is found. */
export function renderItemPath({ version, id }: { version: string; id: string }): string {
  return `${itemsPath.replace(':version', version)}/${id}`;
}
