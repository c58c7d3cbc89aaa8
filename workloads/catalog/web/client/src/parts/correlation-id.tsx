import { toApiError } from '../api/api-error.ts';

/** The id that finds this failure in the servers' logs; one click or tap selects it whole. */
export function CorrelationId({ error }: { error: unknown }) {
  const { correlationId } = toApiError(error);
  if (correlationId === '') return null;
  return (
    <p className="correlation-id">
      Correlation ID <code>{correlationId}</code>
    </p>
  );
}
