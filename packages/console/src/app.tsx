import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { Route, Switch } from 'wouter';
import { EventsPage } from './events/events-page.tsx';
import { LiveProvider } from './live/live-provider.tsx';
import { theme } from './look/theme.ts';
import { MapPage } from './map/map-page.tsx';
import { FaultBoundary } from './shell/fault-boundary.tsx';
import { NotFoundPage } from './shell/not-found-page.tsx';
import { Shell } from './shell/shell.tsx';
import { TryProvider } from './try/try-provider.tsx';

/** The control plane is on this machine: a failed read is told at once, never retried in silence. */
const queries = new QueryClient({
  defaultOptions: { queries: { retry: false, networkMode: 'always' }, mutations: { networkMode: 'always' } },
});

export function App() {
  return (
    <FaultBoundary>
      <MantineProvider theme={theme} defaultColorScheme="auto">
        <QueryClientProvider client={queries}>
          <LiveProvider>
            <TryProvider>
              <Shell>
                <Switch>
                  <Route path="/" component={MapPage} />
                  <Route path="/events" component={EventsPage} />
                  <Route component={NotFoundPage} />
                </Switch>
              </Shell>
            </TryProvider>
          </LiveProvider>
        </QueryClientProvider>
      </MantineProvider>
    </FaultBoundary>
  );
}
