import type { RouteRecord } from '@alwayson/protocol/routes.ts';
import { healthBackend } from './gateway-backends.ts';
import {
  anyFlow,
  lastBackend,
  liveBackend,
  poolBackend,
  probeBackend,
  reservePool,
} from './gateway-pools.ts';
import { renderPreviewRoute } from './gateway-preview.ts';
import { toPrefixTests } from './path-test.ts';
import { requestVariables } from './request-variables.ts';

export const healthPrefix = '/healthservice/';
/** Answers what no component serves. */
export const nowhereBackend = 'nowhere';

/**
 * Where a request goes. A chosen stamp or release first; then the pool that the map names for the flow or for all of them, while one of
 * its stamps is up; then the live stamps; then those that are up without a share; last the unchecked ones. A process that was replaced by a reload counts no server any more
 * (`nbsrv` is 0 when it is `stopping`), and still has a last request on each idle connection to send the same way.
 */
export function renderRoutes(record: RouteRecord, mapFile: string): string[] {
  const { flow, component, pool, chosenStamp, previewed } = requestVariables;
  const found = (name: string) => `{ var(${name}) -m found }`;
  return [
    ...renderComponents(record),
    `http-request set-var(${pool}) var(${flow}),map_str(${mapFile})`,
    `http-request set-var(${pool}) str(${anyFlow}),map_str(${mapFile}) unless ${found(pool)}`,
    `http-request set-var(${pool}) var(${pool}),concat(_,${component}) if ${found(pool)} ${found(component)}`,
    `use_backend ${healthBackend} if { path_beg ${healthPrefix} } !{ var(${previewed}) -m bool }`,
    `use_backend ${nowhereBackend} unless ${found(component)}`,
    `use_backend ${probeBackend(`%[var(${component})]`)} if ${found(chosenStamp)}`,
    renderPreviewRoute(),
    `use_backend %[var(${pool})] if ${found(pool)} { stopping } or { var(${pool}),nbsrv gt 0 }`,
    ...record.components.flatMap(({ name }) => {
      const asked = `{ var(${component}) -m str ${name} }`;
      return [
        `use_backend ${liveBackend(name)} if ${asked} { nbsrv(${liveBackend(name)}) gt 0 } or ${asked} { stopping }`,
        `use_backend ${poolBackend(reservePool, name)} if ${asked} { nbsrv(${poolBackend(reservePool, name)}) gt 0 }`,
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
