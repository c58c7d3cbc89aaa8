import { apiKeys, type Region } from '../../db/test/support/catalog-lab.ts';

export const root = '/catalogservice/api/1.0/catalogitem';

export interface Ask {
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  body?: unknown;
  /** A valid key is sent. */
  key?: boolean;
  headers?: Record<string, string>;
}

/** One request to one API of a region. `path` continues the root of items, or begins with a slash of its own. */
export function ask(
  region: Pick<Region, 'api'>,
  path: string,
  { method = 'GET', body, key, headers }: Ask = {},
) {
  return region.api.inject({
    method,
    url: path.startsWith('/catalogservice') || path.startsWith('/images') ? path : root + path,
    ...(body === undefined ? {} : { payload: body as object }),
    headers: { ...(key ? { 'x-api-key': apiKeys[0] } : {}), ...headers },
  });
}
