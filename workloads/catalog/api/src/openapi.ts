import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { addCatalogRoutes } from './catalog-routes.ts';
import type { RouteContext } from './route-context.ts';

export const openApiPath = '/catalogservice/api/openapi.json';

let rendered: Promise<unknown> | undefined;

/** The OpenAPI document of the routes. Made when first asked for: what makes it is not even loaded before. */
export function renderOpenApi(): Promise<unknown> {
  rendered ??= collect();
  return rendered;
}

async function collect(): Promise<unknown> {
  const [{ fastify }, { default: swagger }, { jsonSchemaTransform, serializerCompiler, validatorCompiler }] =
    await Promise.all([import('fastify'), import('@fastify/swagger'), import('fastify-type-provider-zod')]);
  const server: FastifyInstance = fastify({ logger: false });
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  await server.register(swagger, {
    openapi: {
      info: {
        title: 'Catalog',
        version: '1.0',
        description: 'Items, comments and ratings. Errors are RFC 9457 problem details.',
      },
      components: { securitySchemes: { apiKey: { type: 'apiKey', in: 'header', name: 'X-API-KEY' } } },
    },
    transform: jsonSchemaTransform,
  });
  await server.register(async (scope) => {
    addCatalogRoutes(scope.withTypeProvider<ZodTypeProvider>(), routesOnly);
  });
  await server.ready();
  const document: unknown = server.swagger();
  await server.close();
  return document;
}

/** The routes are only described here, never asked. */
const unused = () => {
  throw new Error('This server only describes its routes.');
};
const routesOnly: RouteContext = {
  reads: {
    items: unused,
    item: unused,
    comments: unused,
    comment: unused,
    rating: unused,
    mayExist: unused,
    refreshItem: unused,
  },
  itemWrites: { create: unused, change: unused },
  queuedWrites: { enqueue: unused },
  requireKey: unused,
};
