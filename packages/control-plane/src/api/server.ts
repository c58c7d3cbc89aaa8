import swagger from '@fastify/swagger';
import { AlwaysOnError, toProblem } from '@alwayson/protocol/errors.ts';
import { problemContentType } from '@alwayson/protocol/problem.ts';
import Fastify, { type FastifyInstance } from 'fastify';
import {
  hasZodFastifySchemaValidationErrors,
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod';
import { registerAlertRoutes } from './alert-routes.ts';
import { registerAuthorization } from './authorization.ts';
import { registerConsole } from './console.ts';
import { registerDrillRoutes } from './drill-routes.ts';
import { registerHealthRoutes } from './health-routes.ts';
import { registerMeasureRoutes } from './measure-routes.ts';
import { registerMetricsTargets } from './metrics-targets.ts';
import { registerOperationRoutes } from './operation-routes.ts';
import { registerRecoveryRoutes } from './recovery-routes.ts';
import { registerReleaseRoutes } from './release-routes.ts';
import { registerBackupRoutes } from './backup-routes.ts';
import { type ApiContext, registerRoutes } from './routes.ts';
import { registerScaleRoutes } from './scale-routes.ts';
import { registerStream } from './stream.ts';
import { registerSwitchRoutes } from './switch-routes.ts';

const bodyBytesMax = 64 * 1024;

/** The control plane's HTTP server, not yet listening: API, event stream, OpenAPI document, console. */
export async function createApiServer(context: ApiContext): Promise<FastifyInstance> {
  const server = Fastify({ bodyLimit: bodyBytesMax, forceCloseConnections: true, requestTimeout: 30_000 });
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializerCompiler);
  server.setErrorHandler((error, _request, reply) => {
    const problem = toProblem(toKnown(error));
    if (problem.status >= 500)
      process.stdout.write(`${JSON.stringify({ level: 'error', error: String(error) })}\n`);
    return reply.status(problem.status).type(problemContentType).send(problem);
  });
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'AlwaysOn control plane', version: '0.1.0' },
      components: { securitySchemes: { operator: { type: 'http', scheme: 'bearer' } } },
    },
    transform: jsonSchemaTransform,
  });
  registerAuthorization(server, context.environment.tokens.operator);
  registerRoutes(server, context);
  registerOperationRoutes(server, context);
  registerMetricsTargets(server, context);
  registerSwitchRoutes(server, context.switchBoard);
  registerAlertRoutes(server, context.alerts);
  registerHealthRoutes(server, context);
  registerMeasureRoutes(server, context);
  registerReleaseRoutes(server, context.releases);
  registerScaleRoutes(server, context.scale);
  registerRecoveryRoutes(server, context.recovery);
  registerBackupRoutes(server, context.backups);
  registerDrillRoutes(server, context);
  registerStream(server, context);
  await registerConsole(server, context.consoleDir);
  return server;
}

function toKnown(error: unknown): unknown {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const fields = error.validation
      .map((fault) => `${fault.instancePath || '/'} ${fault.message ?? ''}`)
      .join('; ');
    return new AlwaysOnError('AON_USAGE', `The request is not as the API wants it: ${fields}`);
  }
  const status =
    typeof error === 'object' && error !== null && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status >= 400 && status < 500) return new AlwaysOnError('AON_USAGE', String(error));
  return error;
}
