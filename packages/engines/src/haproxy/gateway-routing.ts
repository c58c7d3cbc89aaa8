import type { RouteRecord } from '@alwayson/protocol/routes.ts';
import { healthBackend } from './gateway-backends.ts';
import { anyFlow, lastBackend, liveBackend, probeBackend } from './gateway-pools.ts';
import { toPrefixTests } from './path-test.ts';
import { requestVariables } from './request-variables.ts';

export const healthPrefix = '/healthservice/';
/** Answers what no component serves. */
export const nowhereBackend = 'nowhere';

/**
 * Where a request goes. A chosen stamp first; then the pool that the map names for the flow or for all of them, while one of
 * its stamps is up; then the live stamps; last the unchecked ones. A process that was replaced by a reload counts no server any more
 * (`nbsrv` is 0 when it is `stopping`), and still has a last request on each idle connection to send the same way.
 */
export function renderRoutes(record: RouteRecord, mapFile: string): string[] {
  const { flow, component, pool, chosenStamp } = requestVariables;
  const found = (name: string) => `{ var(${name}) -m found }`;
  return [
    ...renderComponents(record),
    `http-request set-var(${pool}) var(${flow}),map_str(${mapFile})`,
    `http-request set-var(${pool}) str(${anyFlow}),map_str(${mapFile}) unless ${found(pool)}`,
    `http-request set-var(${pool}) var(${pool}),concat(_,${component}) if ${found(pool)} ${found(component)}`,
    `use_backend ${healthBackend} if { path_beg ${healthPrefix} }`,
    `use_backend ${nowhereBackend} unless ${found(component)}`,
    `use_backend ${probeBackend(`%[var(${component})]`)} if ${found(chosenStamp)}`,
    `use_backend %[var(${pool})] if ${found(pool)} { stopping } or { var(${pool}),nbsrv gt 0 }`,
    ...record.components.flatMap(({ name }) => {
      const asked = `{ var(${component}) -m str ${name} }`;
      return [
        `use_backend ${liveBackend(name)} if ${asked} { nbsrv(${liveBackend(name)}) gt 0 } or ${asked} { stopping }`,
        `use_backend ${lastBackend(name)} if ${asked}`,
      ];
    }),
  ];
}

/** The longest prefix wins, so it is asked first. */
function renderComponents(record: RouteRecord): string[] {
  const { component } = requestVariables;
  const routes = record.components
    .flatMap(({ name, routes: prefixes }) => prefixes.map((prefix) => ({ name, prefix })))
    .sort((a, b) => b.prefix.length - a.prefix.length || (a.prefix < b.prefix ? -1 : 1));
  return routes.flatMap(({ name, prefix }) =>
    toPrefixTests(prefix).map(
      (test) =>
        `http-request set-var(${component}) str(${name}) if !{ var(${component}) -m found } { ${test} }`,
    ),
  );
}
