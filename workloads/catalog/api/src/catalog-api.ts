import type { Image } from '#db/images.ts';
import { createServer } from '@alwayson/sdk/server.ts';
import type { Identity } from '@alwayson/sdk/identity.ts';
import type { Log } from '@alwayson/sdk/log-line.ts';
import type { Readiness } from '@alwayson/sdk/readiness.ts';
import type { FastifyInstance } from 'fastify';
import { validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { requireVersion } from './api-version.ts';
import { createAuthorization } from './authorization.ts';
import { addCatalogRoutes } from './catalog-routes.ts';
import { addImageRoutes } from './image-routes.ts';
import { openApiPath, renderOpenApi } from './openapi.ts';
import type { CatalogServices } from './route-context.ts';

export interface CatalogApiOptions extends CatalogServices {
  identity: Identity;
  readiness: Readiness;
  log: Log;
  images: ReadonlyMap<string, Image>;
}

/** The catalog's HTTP API (shared contract: catalog-api.md), ready to listen. */
export function createCatalogApi(options: CatalogApiOptions): FastifyInstance {
  const server = createServer(options);
  const authorization = createAuthorization(options.identity.apiKeys);
  server.setValidatorCompiler(validatorCompiler);
  // Answers are made of our own rows: describing them is the OpenAPI document's business, checking them nobody's.
  server.setSerializerCompiler(() => JSON.stringify);
  addImageRoutes(server, options.images);
  server.get(openApiPath, async (_request, reply) => {
    return reply.header('cache-control', 'public, max-age=60').send(await renderOpenApi());
  });
  void server.register(async (scope) => {
    scope.addHook('onRequest', requireVersion);
    scope.addHook('onRequest', authorization.guardTestData);
    addCatalogRoutes(scope.withTypeProvider<ZodTypeProvider>(), {
      ...options,
      requireKey: authorization.requireKey,
    });
  });
  return server;
}
