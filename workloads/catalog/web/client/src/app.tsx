import { Route, Switch } from 'wouter';
import { CatalogPage } from './pages/catalog-page.tsx';
import { HomePage } from './pages/home-page.tsx';
import { ItemPage } from './pages/item-page.tsx';
import { NotFoundPage } from './pages/not-found-page.tsx';
import { CrashGuard } from './parts/crash-guard.tsx';
import { PageFrame } from './parts/page-frame.tsx';

export function App() {
  return (
    <CrashGuard>
      <PageFrame>
        <Switch>
          <Route path="/">
            <HomePage />
          </Route>
          <Route path="/catalog">
            <CatalogPage />
          </Route>
          <Route path="/catalog/:id">{({ id }) => <ItemPage key={id} itemId={id} />}</Route>
          <Route>
            <NotFoundPage />
          </Route>
        </Switch>
      </PageFrame>
    </CrashGuard>
  );
}
