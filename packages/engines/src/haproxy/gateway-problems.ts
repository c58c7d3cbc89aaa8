import { AlwaysOnError, type ErrorCode, errorCatalogue, toProblem } from '@alwayson/protocol/errors.ts';
import { problemContentType } from '@alwayson/protocol/problem.ts';
import { escapeLogFormat, quote } from './config-text.ts';
import { requestVariables } from './request-variables.ts';

/** Seconds after which a client that was turned away may come again; capacity takes longer to come back than a stamp. */
const retryAfterSeconds: Partial<Record<ErrorCode, number>> = {
  AON_RATE_LIMITED: 10,
  AON_NO_STAMP: 1,
  AON_OVERLOADED: 5,
};

/** What the gateway says by itself, in place of HAProxy's own pages. */
const ownAnswers: readonly { status: number; code: ErrorCode; detail: string }[] = [
  { status: 400, code: 'AON_REQUEST_INVALID', detail: 'The request is not valid HTTP.' },
  { status: 408, code: 'AON_REQUEST_SLOW', detail: 'The request did not arrive in time.' },
  { status: 500, code: 'AON_INTERNAL', detail: 'The gateway failed to handle the request.' },
  { status: 502, code: 'AON_STAMP_ANSWER', detail: 'The answer of the service was lost or not valid HTTP.' },
  { status: 503, code: 'AON_NO_STAMP', detail: 'No stamp can take the request now.' },
  { status: 504, code: 'AON_STAMP_SLOW', detail: 'The service did not answer in time.' },
];

/** `http-error` lines: every error that HAProxy makes by itself is a problem document. */
export function renderOwnAnswers(): string[] {
  return ownAnswers.map(
    ({ status, code, detail }) => `http-error status ${status} ${renderProblem(code, detail)}`,
  );
}

/** An answer that a rule gives: `http-request return ...`; the status is the catalogue's, and the hint if there is no better one. */
export function renderRefusal(code: ErrorCode, detail: string, hint?: string): string {
  return `http-request return status ${errorCatalogue[code].status} ${renderProblem(code, detail, hint)}`;
}

function renderProblem(code: ErrorCode, detail: string, hint?: string): string {
  const problem = toProblem(new AlwaysOnError(code, detail, hint === undefined ? {} : { hint }));
  const fields = escapeLogFormat(JSON.stringify(problem).slice(0, -1));
  const body = `${fields},"correlationId":"%[var(${requestVariables.correlationId})]"}`;
  const seconds = retryAfterSeconds[code];
  const retry = seconds === undefined ? '' : ` hdr Retry-After ${seconds}`;
  return `content-type ${problemContentType} lf-string ${quote(body)}${retry}`;
}
